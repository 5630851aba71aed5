import type { Argument, Command, Option } from 'commander';

/** A word that can stand at the cursor, and what it is for. */
export interface Candidate {
  readonly word: string;
  /** Empty for most values. */
  readonly description: string;
}

/** What can stand at the cursor: one of some words, or a name that only the shell knows. */
export type Completion = readonly Candidate[] | 'files' | 'folders';

/** Values that no definition of a command has, by the option or argument as help shows it: '--pipeline <name>'. */
export type ValuesOf = (shown: string) => readonly string[] | undefined;

/**
 * Completes a command line by the definitions of the commands, so that it knows what help knows.
 *
 * @param words what follows the program's name, up to the cursor. The last one is what is begun there, and may be ''.
 */
export function complete(root: Command, words: readonly string[], valuesOf: ValuesOf): Completion {
  const { command, position, option, isValueWanted, given } = read(root, words.slice(0, -1).filter(isNotSplit));
  const last = words.at(-1) ?? '';
  const begun = isNotSplit(last) ? last : '';
  const [, long] = /^(--[^=]+)=/.exec(begun) ?? [];
  const found = ((): Completion => {
    if (isValueWanted) return valued(option, valuesOf);
    if (long !== undefined) return prefixed(`${long}=`, valued(optionNamed(command, long), valuesOf));
    if (begun.startsWith('-')) return optionsOf(command, given);
    if (option !== undefined) return valued(option, valuesOf);
    const words = commandsOf(command);
    const values = words.length > 0 ? words : valued(argumentAt(command, position), valuesOf);
    // Where nothing else can stand, options need no dash first.
    return values.length > 0 ? values : optionsOf(command, given);
  })();
  return typeof found === 'string' ? found : found.filter(({ word }) => word.startsWith(begun));
}

function prefixed(prefix: string, found: Completion): Completion {
  return typeof found === 'string' ? found : found.map((one) => ({ ...one, word: `${prefix}${one.word}` }));
}

/** bash splits --code=BAD_RECORD into three words. */
function isNotSplit(word: string): boolean {
  return word !== '=';
}

/** What the words before the cursor say. */
interface Read {
  readonly command: Command;
  /** How many arguments the command has so far. */
  readonly position: number;
  /** The option whose value is missing, or that takes further values. */
  readonly option: Option | undefined;
  readonly isValueWanted: boolean;
  /** Options that stand there already. */
  readonly given: ReadonlySet<Option>;
}

function read(root: Command, words: readonly string[]): Read {
  let [command, position, isValueWanted] = [root, 0, false];
  let option: Option | undefined;
  const given = new Set<Option>();
  for (const word of words) {
    if (isValueWanted) {
      isValueWanted = false;
      if (option?.variadic !== true) option = undefined;
    } else if (word.startsWith('-')) {
      const [name = ''] = word.split('=');
      option = optionNamed(command, name);
      if (option !== undefined) given.add(option);
      isValueWanted = option?.required === true && !word.includes('=');
      if (!isValueWanted && option?.variadic !== true) option = undefined;
    } else if (option === undefined) {
      const child = command.commands.find((one) => one.name() === word);
      if (child === undefined) position += 1;
      else [command, position] = [child, 0];
    }
  }
  return { command, position, option, isValueWanted, given };
}

function optionNamed(command: Command, name: string): Option | undefined {
  return command.options.find(({ long, short }) => name === long || name === short);
}

function argumentAt({ registeredArguments }: Command, position: number): Argument | undefined {
  const last = registeredArguments.at(-1);
  return registeredArguments[position] ?? (last?.variadic === true ? last : undefined);
}

/** The values of an option or an argument. The names of their values in help say which of them are files. */
function valued(of: Option | Argument | undefined, valuesOf: ValuesOf): Completion {
  if (of === undefined) return [];
  const shown = 'flags' in of ? of.flags : `<${of.name()}>`;
  const values = of.argChoices ?? valuesOf(shown);
  if (values !== undefined) return values.map((word) => ({ word, description: '' }));
  if (/<folder>/.test(shown)) return 'folders';
  return /<(?:file|location)>/.test(shown) ? 'files' : [];
}

function commandsOf(command: Command): Candidate[] {
  const help = command.createHelp();
  return help
    .visibleCommands(command)
    .map((one) => ({ word: one.name(), description: help.subcommandDescription(one) }));
}

function optionsOf(command: Command, given: ReadonlySet<Option>): Candidate[] {
  const help = command.createHelp();
  return help
    .visibleOptions(command)
    .filter((option) => option.variadic || !given.has(option))
    .map((option) => ({ word: option.long ?? option.flags, description: option.description }));
}
