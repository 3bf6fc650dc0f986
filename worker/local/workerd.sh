#!/bin/sh
# Runs workerd so that it cannot outlive Node: a `kill -9` of Node would otherwise leave it running, with the port and the database open.
# FARWATCH_WORKERD: the real program. FARWATCH_WORKERD_PID: the file that tells the next start whom to end, where the system cannot (no setpriv).
printf '%s\n' "$$" >"$FARWATCH_WORKERD_PID"
# Ctrl-C reaches the whole process group; when workerd ends is for Node to say.
trap "" INT
if setpriv --pdeathsig KILL true 2>/dev/null; then
  exec setpriv --pdeathsig KILL -- "$FARWATCH_WORKERD" "$@"
fi
exec "$FARWATCH_WORKERD" "$@"
