import type { Invariant } from './invariant.ts';

export const WHOLE_WEIGHTS: Invariant = {
  name: 'whole-weights',
  holds:
    'Weights are whole numbers that name all servers of the site and sum to 100, at the edge and in the router; the Active has the most.',
  watch({ broken }) {
    return {
      siteTurn({ site, rules, effects }) {
        for (const effect of effects) {
          if (effect.type !== 'directive') continue;
          const { weights, active } = effect;
          const named = Object.keys(weights).sort().join();
          const wanted = rules.servers.map(({ id }) => id);
          if (named !== wanted.sort().join()) broken(site, `weights name ${named}, the site has ${wanted.join()}`);
          if (!areWhole(Object.values(weights))) broken(site, `weights are ${JSON.stringify(weights)}`);
          if (Math.max(...Object.values(weights)) !== weights[active]) broken(site, `${active} is Active with ${JSON.stringify(weights)}`);
        }
      },
      settled({ agent, carry }) {
        const shares = Object.values(carry.weights);
        const isSteered = shares.some((share) => share > 0);
        if (isSteered && !areWhole(shares)) broken(agent.box.site, `the router carries ${JSON.stringify(carry.weights)}`);
      },
    };
  },
};

function areWhole(shares: readonly number[]): boolean {
  const inRange = shares.every((share) => Number.isInteger(share) && share >= 0 && share <= 100);
  return inRange && shares.reduce((sum, share) => sum + share, 0) === 100;
}
