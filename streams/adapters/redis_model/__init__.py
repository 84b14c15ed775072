"""The Redis read model. Nobody else imports `redis`.

| module | |
|---|---|
| `keys` | the layout: every key, its bound and its life |
| `batch` | records → changes, newest per key; pure |
| `script` | the one atomic write |
| `writing` | `Bounds`; a batch → what the script is given |
| `model` | `ReadModel`: apply changes, and everything that can be read |
| `projector` | `Projector`: outputs from Kafka into the model, through outages |
"""

from streams.adapters.redis_model.batch import Batch, OpenTask, Translator, translators
from streams.adapters.redis_model.keys import OPEN_STATES, PREFIX
from streams.adapters.redis_model.model import ProjectAlerts, ReadModel, ReadModelUnavailable
from streams.adapters.redis_model.projector import FetchedChunk, Projector, RecordSource
from streams.adapters.redis_model.writing import Bounds, Claim

__all__ = [
    "OPEN_STATES",
    "PREFIX",
    "Batch",
    "Bounds",
    "Claim",
    "FetchedChunk",
    "OpenTask",
    "ProjectAlerts",
    "Projector",
    "ReadModel",
    "ReadModelUnavailable",
    "RecordSource",
    "Translator",
    "translators",
]
