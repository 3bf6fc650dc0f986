import { askAgent } from '../control.ts';
import { switchAnswerSchema } from '../status-schema.ts';
import type { Command } from './command.ts';

/** Moves new flows by hand; the running agent does it. */
export const switchTo: Command = async ({ config, out, err }, { server }) => {
  const answer = await askAgent(config.state_dir, { cmd: 'switch', server: server ?? '' });
  const parsed = answer.ok ? switchAnswerSchema.safeParse(answer.value) : null;
  if (parsed?.success !== true || !parsed.data.ok) {
    err(`farwatch-agent: ${parsed?.success ? parsed.data.message : answer.ok ? 'the agent answered something else' : answer.reason}\n`);
    return 1;
  }
  out(`${parsed.data.message}\n`);
  return 0;
};
