import { Command } from 'commander';
import { commands } from '../../../../scripts/cli/commands';
import { complete, type Completion } from '../../../../scripts/cli/completion/candidates';

const root = new Command('daybreak').version('1.2.3');
for (const command of commands()) root.addCommand(command);

const valuesOf = (shown: string) => (shown === '--pipeline <name>' ? ['events', 'rides'] : undefined);
/** Completes the line at its end. */
const completed = (line: string): Completion => complete(root, line.split(' '), valuesOf);
const words = (line: string): string | readonly string[] => {
  const found = completed(line);
  return typeof found === 'string' ? found : found.map(({ word }) => word);
};

it.each<[string, string | readonly string[]]>([
  ['sp', ['speed', 'spark']],
  ['speed st', ['start', 'stop', 'status']],
  ['--ver', ['--version']],
  ['speed status --pipeline ', ['events', 'rides']],
  ['speed status --pipeline r', ['rides']],
  ['speed status --pipeline=r', ['--pipeline=rides']],
  // As bash splits it.
  ['speed status --pipeline = r', ['rides']],
  ['speed status --pipeline =', ['events', 'rides']],
  ['speed --pipeline rides', []],
  ['worker --log w', ['warn']],
  ['worker --role speed --log e', ['error']],
  ['completion ', ['bash', 'zsh', 'fish']],
  ['dlq list --code NULL_VALUE BAD', ['BAD_RECORD']],
  ['dlq list --code NULL_VALUE --al', ['--all']],
  ['dlq list topic/0/1 --al', ['--all']],
  ['speed scale 2 --js', ['--json']],
  ['batch build --input ', 'folders'],
  ['batch build --pipeline r', ['rides']],
  ['batch build ', 'folders'],
  ['pipeline check ', 'folders'],
  ['report --output ', 'files'],
  ['report --output=', 'files'],
  ['batch run --date ', []],
  ['nothing ', words('')],
])('daybreak %s', (line, expected) => {
  expect(words(line)).toEqual(expected);
});

it('offers an option once, unless it takes several values', () => {
  expect(words('speed status --watch --')).toEqual(['--pipeline', '--json', '--help']);
  expect(words('speed status ')).toEqual(['--pipeline', '--json', '--watch', '--help']);
  expect(words('dlq list --code NULL_VALUE --co')).toEqual(['--code']);
});

it('says what each command and option is for, as help does', () => {
  expect(completed('speed sta')).toContainEqual({
    word: 'start',
    description: 'start the layer. If it runs already, it goes on',
  });
  expect(completed('dlq list --al')).toEqual([{ word: '--all', description: 'also show letters that were replayed' }]);
});

/** Each command with the words before its name. */
function pathsOf(command: Command, before: readonly string[] = []): [Command, string[]][] {
  const path = [...before, command.name()];
  return [[command, path], ...command.commands.flatMap((child) => pathsOf(child, path))];
}

it.each(commands().flatMap((command) => pathsOf(command)))('knows each name and option of %#', (command, path) => {
  expect(words(path.join(' '))).toContain(command.name());
  expect(words(`${path.join(' ')} -`)).toEqual([...command.options.map(({ long }) => long), '--help']);
});
