"""Ray Train's trainer without Ray Data: folds read memory-mapped shards, and handing out datasets would cost every start two seconds.

That is an actor more and ``ray.data`` imported by each worker, whether there are datasets or not. Imports Ray: import it where it is used.
"""

from typing import Any

from ray.train.v2._internal.callbacks.datasets import DatasetsCallback
from ray.train.v2.api.data_parallel_trainer import DataParallelTrainer


class FoldTrainer(DataParallelTrainer):
    """``ray.train.get_dataset_shard`` does not work in its workers."""

    def _create_default_callbacks(self) -> list[Any]:
        return [callback for callback in super()._create_default_callbacks() if not isinstance(callback, DatasetsCallback)]
