import type { Invariant } from './invariant.ts';

export const STAGES: Invariant = {
  name: 'stages',
  holds:
    'A return goes through the configured stages, one after the other and none left out; it is always a drain, and a failure is always a cut.',
  watch({ broken }) {
    return {
      siteTurn({ site, rules, before, after, effects }) {
        for (const effect of effects) {
          if (effect.type !== 'directive') continue;
          const { blame, mode } = effect;
          if (['preempt', 'stage', 'pin', 'drill', 'maintenance'].includes(blame) && mode !== 'drain') broken(site, `${blame} by ${mode}`);
          if (['server-down', 'path-down', 'site-unseen', 'resigned'].includes(blame) && mode !== 'cut')
            broken(site, `${blame} by ${mode}`);
          if (blame !== 'preempt' && blame !== 'stage') continue;
          const steps = rules.servers.filter(({ id }) => (after?.servers[id]?.ramp ?? 0) > (before?.servers[id]?.ramp ?? 0));
          for (const { id } of steps) {
            const from = before?.servers[id]?.ramp ?? 0;
            const to = after?.servers[id]?.ramp ?? 0;
            const next = rules.failbackStages.find((stage) => stage > from) ?? 100;
            if (to !== next) broken(site, `${id} went from stage ${from} to ${to}, the next one is ${next}`);
          }
          if (steps.length > 1) broken(site, `${steps.map(({ id }) => id).join()} return in one step`);
        }
      },
    };
  },
};
