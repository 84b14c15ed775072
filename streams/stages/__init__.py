"""The stages of the engine, one verb a file, each pure and unaware of the others.

SETTLE: `decode` → `fold` → `score` → `adjudicate` → `route` → `emit`. WATCH: `tally` → `warn` → `emit`.
`streams.settle` and `streams.watch` join them.
"""
