"""A process that races others: `storage_racing.py DATABASE_URL TENANT ROUNDS NAME`, told when to go by a line on stdin.

In each round it tries to activate an experiment of its own in the round's flow, then to create a flag whose name the others
want too. It prints one line a round: whether it won the activation, and whether it won the name.
"""

import sys

from signpost.edge.system import RandomIds, SystemClock
from signpost.model.errors import NameTakenError, NotReadyError
from signpost.model.experiments import ExperimentStatus
from signpost.model.flags import Parameter, ParameterType
from signpost.storage.sql import SqlStore
from signpost.usecases.call import Call
from signpost.usecases.experiment_lives import change_experiment_status
from signpost.usecases.flags import NewFlag, create_flag


def main() -> None:
    url, tenant_id, experiment_id, rounds = sys.argv[1:5]
    clock = SystemClock()
    store = SqlStore(url, clock)
    call = Call(store, clock, RandomIds(), tenant_id, "racer")
    print("ready", flush=True)
    for number in range(int(rounds)):
        sys.stdin.readline()
        print(int(_activate(call, experiment_id)), int(_take_name(call, f"flag {number}")), flush=True)
        sys.stdin.readline()
        if _is_active(call, experiment_id):
            change_experiment_status(call, experiment_id, ExperimentStatus.PAUSED)
        print("done", flush=True)
    store.close()


def _activate(call: Call, experiment_id: str) -> bool:
    try:
        change_experiment_status(call, experiment_id, ExperimentStatus.ACTIVE)
    except NotReadyError:
        return False
    return True


def _take_name(call: Call, name: str) -> bool:
    try:
        create_flag(call, NewFlag(name, None, {"x": Parameter(ParameterType.NUMBER, 1)}))
    except NameTakenError:
        return False
    return True


def _is_active(call: Call, experiment_id: str) -> bool:
    with call.reading() as tenant:
        experiment = tenant.experiments.get(experiment_id)
    return experiment is not None and experiment.status is ExperimentStatus.ACTIVE


if __name__ == "__main__":
    main()
