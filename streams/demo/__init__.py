"""`labelquorum demo`: a labeling queue played from recorded answers, with the real worker behind it.

| module | what it is |
|---|---|
| `convert` | how the recorded answers in `data/` were made from their source |
| `recorded` | reads them |
| `queue` | pure: which recorded answer is handed in next, and when everything is settled |
| `summary` | pure: what it all came to |
| `player`, `display`, `run` | the shell: to Kafka and back, shown live, started and cleaned up |
"""
