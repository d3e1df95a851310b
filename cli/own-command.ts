/** Hints are there to be copied: `murmur …` where it is installed, and in a clone what npm runs there. */

/** The scripts of package.json that lead here; npm says in the environment which one it runs. */
const SCRIPTS: ReadonlySet<string | undefined> = new Set(['murmur', 'start']);

type Environment = Readonly<Record<string, string | undefined>>;

/** A command as whoever runs this one can type it. */
export function ownCommand(rest: string, env: Environment = process.env): string {
  return SCRIPTS.has(env.npm_lifecycle_event) ? `npm run --silent murmur -- ${rest}` : `murmur ${rest}`;
}

/** The same for every command in backticks: also messages of a coordinator hold some, and it cannot know how it is asked. */
export function withOwnCommands(text: string, env: Environment = process.env): string {
  return text.replace(/`murmur ([^`]+)`/g, (_, rest: string) => `\`${ownCommand(rest, env)}\``);
}
