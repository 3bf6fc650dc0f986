export const USAGE = `farwatch-agent COMMAND [--config FILE]

  run               hold this site's traffic on a living server, until SIGTERM
  check             look for problems in the configuration, tools, rights, tunnels and edge
  status [--json]   what the running agent knows and does
  plan              print the commands that would be run now; run none
  switch SERVER     move new flows to SERVER by hand, until the edge's next directive
  teardown          remove everything that the agent installed

  --config FILE     default: /etc/farwatch/agent.toml
  --help  --version

Exit codes: 0 done, 1 a problem was found or the command failed, 2 wrong usage.
`;

export const DEFAULT_CONFIG = '/etc/farwatch/agent.toml';
