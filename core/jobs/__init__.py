"""Work outside a request: a queue of named jobs, a worker, and a clock that ticks."""

from core.jobs.queue import JobQueue
from core.jobs.worker import Worker

__all__ = ["JobQueue", "Worker"]
