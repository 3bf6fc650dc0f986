// Loaded before the commands (node --import), in plain JavaScript: an old Node cannot even read the files that would say so.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const runsTypeScript = major > 22 || (major === 22 && minor >= 18);

if (!runsTypeScript) {
  console.error(`Farwatch needs Node 22.18 or newer here, and this is ${process.versions.node}.
On Linux, "npm ci" brings a Node of its own for the npm scripts: run it without --omit=optional, and call the commands by npm
(npm start, npm run serve, npm test). Elsewhere, install Node 24: https://nodejs.org/`);
  process.exit(1);
}

try {
  import.meta.resolve('zod');
} catch {
  console.error('Farwatch\'s dependencies are not installed: run "npm ci" first.');
  process.exit(1);
}
