"""`labelquorum demo`: a labeling queue played from recorded answers, with the real worker behind it.

| module | what it is |
|---|---|
| `convert` | how the recorded answers in `data/` were made from their source |
| `recorded` | reads them |
| `queue` | pure: which recorded answer is handed in next, and when everything is settled |
| `ledger` | pure: the worker's last word on each task |
| `progress`, `quality`, `summary` | pure: where things stand; how good answers are; what it all came to |
| `player` | hands in and listens, at a pace |
| `display`, `report` | what a person sees while it runs, and at the end |
| `stack`, `fake_redis` | broker, Redis and worker: brought up, watched, ended |
| `run` | all of it together |
"""
