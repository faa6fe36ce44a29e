"""Trainings made of a few words, and workers that train as a script says: no data, no clock."""

from msgspec.structs import replace

from dlbench.harness import wire
from dlbench.networks.base import named
from dlbench.records.case import Target
from dlbench.records.training import INTERRUPTED, EpochResult, TrainingResult, TrainingRun
from dlbench.results.folder import Trained
from fakes.runs import ENVIRONMENT

NUMPY = Target("numpy", "cpu", "eager", "float32", 1, "tensors")
TORCH = replace(NUMPY, backend="torch")

# What a worker predicts for any row.
OUTPUTS = (0.25, 0.5, 0.25)


def epochs(*accuracies, loss=1.0, seconds=0.5, tested=True):
    """One for every accuracy; the losses are a whole, a half, a third of `loss` and so on."""
    return tuple(
        EpochResult(number, loss / number, seconds, 2 * loss / number if tested else None, accuracy)
        for number, accuracy in enumerate(accuracies, start=1)
    )


# The epochs of a worker with which nothing is wrong.
LEARNT = epochs(*(tenth / 10 for tenth in range(1, 10)))


def trained(*accuracies, target=NUMPY, seed=0, predictions=(), **how):
    """A training that went well."""
    return TrainingResult(target, seed, "ok", epochs(*accuracies, **how), None, predictions)


def broken(*accuracies, target=NUMPY, seed=0, reason="no room on the card"):
    """A training that failed after so many epochs."""
    return TrainingResult(target, seed, "failed", epochs(*accuracies), reason)


def interrupted(*accuracies, **where):
    """A training that the user ended after so many epochs."""
    return broken(*accuracies, reason=INTERRUPTED, **where)


def found(*results, network="iris", length=3, **fields):
    """A network of the catalogue that was to be trained for so many epochs, and what was."""
    run = TrainingRun(
        **{
            "id": f"20260101-120000-train-{network}",
            "started": "2026-01-01T12:00:00+00:00",
            "command": f"dlbench train {network}",
            "network": replace(named(network), epochs=length),
            "targets": tuple(dict.fromkeys(one.target for one in results)),
            "seeds": tuple(sorted({one.seed for one in results})),
            "environment": ENVIRONMENT,
            "dlbench": "0.1.0",
            **fields,
        }
    )
    return Trained(run, results)


class School:
    """Launches workers that answer as they are told, and well where they are told nothing.

    answers: a reply or an exception to raise, by what stands in the journal, such as
    `torch start`, `torch seed 0`, `torch seed 0 epoch 2` and `torch seed 0 predict`; deadly: a
    worker dies of its failures.
    """

    def __init__(self, answers=None, *, deadly=False):
        self.answers, self.deadly = answers or {}, deadly
        self.journal, self.orders, self.workers = [], [], []

    def launch(self, target, slot=None, *, warm=False):
        self.workers.append(Pupil(target, self))
        return self.workers[-1], wire.Start(target, "/scratch")


class Pupil:
    """A worker that has learnt something after every epoch, for nine of them."""

    def __init__(self, target, school):
        self.target, self.school = target, school
        self.alive, self.seed, self.epoch = True, 0, 0

    def tell(self, order):
        assert self.alive, f"{self.target.backend} was told {order} after its end"
        self.order = order
        if isinstance(order, wire.StartTraining):
            self.school.orders.append(order)
            self.seed, self.epoch = order.seed, 0
        self.epoch += isinstance(order, wire.TrainEpoch)

    def hear(self, timeout_s):
        name, well = self._well()
        self._note(name)
        answer = self.school.answers.get(f"{self.target.backend} {name}", well)
        if isinstance(answer, BaseException):
            raise answer
        self.alive = not (self.school.deadly and isinstance(answer, wire.Failed))
        return answer

    def _well(self):
        """What it was told, in words, and the answer where all goes well."""
        match self.order:
            case wire.StartTraining():
                return f"seed {self.seed}", wire.Ready()
            case wire.TrainEpoch():
                trained = wire.EpochTrained(LEARNT[self.epoch - 1])
                return f"seed {self.seed} epoch {self.epoch}", trained
            case wire.Predict(rows=rows):
                return f"seed {self.seed} predict", wire.Predicted((OUTPUTS,) * len(rows))
        return "start", wire.Ready()

    def resume(self):
        pass

    def close(self):
        if self.alive:
            self._note("closed")
        self.alive = False

    def _note(self, what):
        self.school.journal.append(f"{self.target.backend} {what}")
