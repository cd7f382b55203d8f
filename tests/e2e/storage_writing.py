"""A process that writes until it is killed: prints the name of each flag once it is acknowledged."""

import sys
from itertools import count

from signpost.edge.system import RandomIds, SystemClock
from signpost.model.flags import Parameter, ParameterType
from signpost.storage.sql import SqlStore
from signpost.usecases.call import Call
from signpost.usecases.flags import NewFlag, create_flag


def main() -> None:
    url, tenant_id = sys.argv[1:3]
    clock = SystemClock()
    call = Call(SqlStore(url, clock), clock, RandomIds(), tenant_id, "writer")
    for number in count():
        create_flag(call, NewFlag(f"flag {number}", None, {"x": Parameter(ParameterType.NUMBER, 1)}))
        print(f"flag {number}", flush=True)


if __name__ == "__main__":
    main()
