import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { AgentProcess } from './agent-process.ts';
import { parseStart, type StartOptions } from './arguments.ts';
import { type Cleanup, createCleanup, pause, stopSignal } from './cleanup.ts';
import type { EdgeClient } from './client.ts';
import { type DemoServers, startDemoAgent, startDemoServers } from './demo.ts';
import { DEMO_SERVERS, DEMO_SITE } from './demo-fleet.ts';
import { runCommand } from './failure.ts';
import { readFleetFile } from './fleet-source.ts';
import { connectHelp, START_HELP } from './help.ts';
import { type Opened, openEdge } from './open.ts';
import { createScreen, type Screen } from './screen.ts';
import { playStory } from './story.ts';
import { storySteps } from './story-steps.ts';
import { terminalFor } from './terminal.ts';
import { duration } from './timeline.ts';

const FOREVER_MS = 2 ** 31 - 1;
/** How often the timeline is read. */
const FOLLOW_MS = 500;
/** The whole story; its own steps take about a minute. */
const STORY_LIMIT_MS = 165_000;

/** `npm start`: the main job on this machine. */
async function main(argv: string[]): Promise<number> {
  const parsed = parseStart(argv);
  if (parsed.kind === 'help') {
    process.stdout.write(START_HELP);
    return 0;
  }
  if (parsed.kind === 'wrong') {
    process.stderr.write(`start: ${parsed.message}\n\n${START_HELP}`);
    return 2;
  }
  const cleanup = createCleanup();
  try {
    return await start(ownDirectory(parsed.options, cleanup), cleanup);
  } finally {
    await cleanup.run();
  }
}

/** The story leaves nothing behind. */
function ownDirectory(options: StartOptions, cleanup: Cleanup): StartOptions {
  if (!options.temporary) return options;
  const persist = mkdtempSync(join(tmpdir(), 'farwatch-story-'));
  cleanup.add(() => rmSync(persist, { recursive: true, force: true }));
  return { ...options, persist, adminTokenFile: join(persist, 'admin-token') };
}

async function start(options: StartOptions, cleanup: Cleanup): Promise<number> {
  const stop = stopSignal();
  const screen = createScreen(terminalFor(process.stdout, process.env), (text) => process.stdout.write(`${text}\n`));
  const own = options.fleet === null ? null : readFleetFile(options.fleet);
  screen.note(own === null ? 'Starting the edge, three stand-in VPSs and a router agent …' : 'Starting the edge …');
  const demo = own === null ? await startDemoServers(join(options.persist, 'demo')) : null;
  if (demo !== null) cleanup.add(() => demo.stop());
  const opened = await openEdge(options, own ?? demo?.fleet ?? null, cleanup, screen.fault);
  for (const warning of opened.warnings) screen.note(`Warning: ${warning}`);
  if (opened.seeded !== null && own !== null) screen.note(opened.seeded);
  const agent = demo === null ? null : await joinAgent(demo, opened, options, screen, cleanup);
  const following = follow(opened.client, screen, stop);
  const code =
    options.story && demo !== null && agent !== null
      ? await story(opened, demo, agent, screen, stop)
      : await stay(options, opened, demo, screen, stop);
  await following.end();
  return code;
}

async function joinAgent(
  demo: DemoServers,
  { client, edge }: Opened,
  options: StartOptions,
  screen: Screen,
  cleanup: Cleanup,
): Promise<AgentProcess> {
  const onEnd = (how: string) => screen.note(`The agent ended (${how}); it is started again.`);
  const agent = await startDemoAgent(client, edge.url, join(options.persist, 'demo'), demo.vps, onEnd);
  cleanup.add(() => agent.stop());
  return agent;
}

/** Prints what is new on the timeline until it is ended; then once more, so that nothing is missed. */
function follow(client: EdgeClient, screen: Screen, stop: AbortSignal): { end(): Promise<void> } {
  const ending = new AbortController();
  const look = async () => {
    try {
      screen.entries((await client.status()).timeline);
    } catch (error) {
      // workerd may be restarting; it is told once it lasts.
      if (!stop.aborted) screen.unreachable(error);
    }
  };
  const loop = async () => {
    while (!ending.signal.aborted) {
      await look();
      await pause(FOLLOW_MS, ending.signal);
    }
    if (!stop.aborted) await look();
  };
  const done = loop();
  return {
    end() {
      ending.abort();
      return done;
    },
  };
}

async function stay(options: StartOptions, { edge }: Opened, demo: DemoServers | null, screen: Screen, stop: AbortSignal): Promise<number> {
  const lines = [
    `Status page          ${edge.url}/`,
    `Administration       ${edge.url}/admin`,
    `Administrator token  ${options.adminTokenFile}`,
  ];
  const sites = demo === null && options.fleet !== null ? readFleetFile(options.fleet).fleet.site : [];
  const help = demo === null ? connectHelp(edge.url, options.adminTokenFile, sites) : demoHelp(demo);
  screen.header(lines, [...help, options.seconds === null ? 'Ctrl-C ends all of it.' : `It ends by itself after ${options.seconds} s.`]);
  if (demo !== null) listenForKeys(demo, screen);
  await pause(options.seconds === null ? FOREVER_MS : options.seconds * 1000, stop);
  process.stdin.pause();
  return 0;
}

function demoHelp(demo: DemoServers): string[] {
  const [primary] = demo.vps;
  return [
    `Try: type "fail" and Enter to make ${primary?.id} go dark, "recover" to bring it back${primary === undefined ? '' : ` (or: kill -STOP ${primary.pid}, kill -CONT ${primary.pid})`}.`,
    'npm start -- --story plays all of it by itself and checks every step.',
  ];
}

/** `fail [ID]` and `recover [ID]`, a line each, for who wants to play. */
function listenForKeys({ vps }: DemoServers, screen: Screen): void {
  if (!process.stdin.isTTY) return;
  createInterface({ input: process.stdin, terminal: false }).on('line', (line) => {
    const [word, id = vps[0]?.id] = line.trim().split(/\s+/);
    const one = vps.find((candidate) => candidate.id === id);
    if (one === undefined) screen.note(`There is no ${id}; there are ${vps.map((candidate) => candidate.id).join(', ')}.`);
    else if (word === 'fail') darken(one, screen);
    else if (word === 'recover') recover(one, screen);
    else if (word !== '') screen.note('Type "fail [ID]" or "recover [ID]".');
  });
}

type One = DemoServers['vps'][number];

function darken(vps: One, screen: Screen): void {
  vps.fail();
  screen.act('fails', `${vps.id} goes dark: its process is stopped, and what is sent to it vanishes`);
}

function recover(vps: One, screen: Screen): void {
  vps.recover();
  screen.act('recovers', `${vps.id} answers again`);
}

async function story(opened: Opened, demo: DemoServers, agent: AgentProcess, screen: Screen, stop: AbortSignal): Promise<number> {
  const [primary, standby] = DEMO_SERVERS;
  const actor = demo.vps.find(({ id }) => id === primary.id);
  if (actor === undefined) throw new Error('the story has no primary');
  const steps = storySteps({ site: DEMO_SITE, primary: primary.id, standby: standby.id });
  screen.header(
    [`Status page  ${opened.edge.url}/`],
    [`The story: ${primary.id} fails, traffic moves to ${standby.id}, and comes gently back. It takes about a minute.`],
  );
  const startedAt = performance.now();
  const end = await playStory({
    steps,
    view: async () => {
      const status = await opened.client.status();
      screen.entries(status.timeline);
      return { status, agent: await agent.status() };
    },
    act: (action) => (action === 'fail' ? darken(actor, screen) : recover(actor, screen)),
    onStep: (step, seen, tookMs) => screen.step(steps.indexOf(step) + 1, steps.length, `${step.what} (${seen}, after ${duration(tookMs)})`),
    now: () => performance.now(),
    signal: stop,
    limitMs: STORY_LIMIT_MS,
  });
  screen.end(
    end.ok,
    end.ok ? `All of it happened, in order, in ${duration(performance.now() - startedAt)}.` : `The story failed: ${end.reason}`,
  );
  return end.ok ? 0 : 1;
}

await runCommand('start', main);
