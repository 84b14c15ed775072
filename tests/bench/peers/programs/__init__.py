"""One program a peer: it is sent an input, prepares it in the peer's own form, and times the peer's own call on it."""
