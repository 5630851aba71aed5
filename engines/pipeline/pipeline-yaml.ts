import { isAlias, isMap, isScalar, LineCounter, parseDocument, visit, type Document } from 'yaml';
import type * as z from 'zod';
import { listed, shortened } from '../../domain/bounded-text';
import { DaybreakError, messageOf } from '../../domain/errors';
import { pipelineSchema, type Pipeline } from '../../domain/pipeline';

/** Reads pipeline.yaml. Throws BAD_PIPELINE with `file`, the line, the value and what is accepted there. */
export function parsePipelineYaml(text: string, file: string): Pipeline {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    // Its warnings would go to the terminal. What it warns of is refused below.
    logLevel: 'error',
  });
  const [syntaxError] = document.errors;
  if (syntaxError !== undefined) {
    throw new DaybreakError('BAD_PIPELINE', {
      what: `${file}:${lines.linePos(syntaxError.pos[0]).line}: ${shortened(syntaxError.message.split('\n')[0] ?? '')}`,
      remedy: 'Correct the YAML there.',
      cause: syntaxError,
    });
  }
  refusePrototype(document, file, lines);
  const parsed = pipelineSchema.safeParse(contentOf(document, file));
  if (parsed.success) return parsed.data;
  // A name that is misspelt first: the setting that it stands for may be missing, which is then no news.
  const issues = parsed.error.issues.toSorted((one, other) => Number(isUnknown(other)) - Number(isUnknown(one)));
  const lineAt = (offset: number): number => lines.linePos(offset).line;
  const describe = (issue: z.core.$ZodIssue): string => {
    const { offset, found } = locate(document, issue.path);
    const value = found === undefined ? '' : ` is ${shortened(JSON.stringify(found))}`;
    const place = shortened(issue.path.join('.')) || 'the document';
    return `${file}:${lineAt(offset)}: ${place}${value}; accepted: ${shortened(issue.message, 1_000)}`;
  };
  const problems = issues.flatMap((issue) => {
    if (isUnknown(issue)) {
      return issue.keys.map((key) => () => {
        const inside = issue.path.length === 0 ? '' : ` in ${shortened(issue.path.join('.'))}`;
        const offset = offsetOfKey(document, issue.path, key) ?? locate(document, issue.path).offset;
        return `${file}:${lineAt(offset)}: there is no setting ${shortened(JSON.stringify(key))}${inside}`;
      });
    }
    if (issue.code === 'invalid_key') {
      const [within, name] = [issue.path.slice(0, -1), String(issue.path.at(-1))];
      const offset = offsetOfKey(document, within, name) ?? locate(document, issue.path).offset;
      const accepted = issue.issues.map(({ message }) => message).join('; ');
      return [
        () =>
          `${file}:${lineAt(offset)}: the name ${shortened(JSON.stringify(name))} in ${shortened(within.join('.'))}; accepted: ${shortened(accepted, 1_000)}`,
      ];
    }
    return [() => describe(issue)];
  });
  throw new DaybreakError('BAD_PIPELINE', {
    what: listed(problems, { separator: '\n', others: ' problems' }),
    remedy: 'Correct it there; docs/pipeline.schema.json lists every setting, and editors complete from it.',
  });
}

/** JavaScript gives this name another meaning, and the schema would drop it silently. */
function refusePrototype(document: Document, file: string, lines: LineCounter): void {
  visit(document, {
    Pair(_, { key }) {
      const name = isAlias(key) ? key.resolve(document) : key;
      if (!isScalar(name) || name.value !== '__proto__') return;
      throw new DaybreakError('BAD_PIPELINE', {
        what: `${file}:${lines.linePos(name.range?.[0] ?? 0).line}: __proto__ is no name of a setting, a column or a table`,
        remedy: 'Give it another name.',
      });
    },
  });
}

/** Throws BAD_PIPELINE for aliases that would expand to more than memory holds. */
function contentOf(document: Document, file: string): unknown {
  try {
    return document.toJS();
  } catch (cause) {
    throw new DaybreakError('BAD_PIPELINE', {
      what: `${file}: ${messageOf(cause)}`,
      remedy: 'Write the values out, without so many aliases.',
      cause,
    });
  }
}

/** The place of the value at `path`, or of the nearest enclosing one that exists. */
function locate(document: Document, path: readonly PropertyKey[]): { offset: number; found: unknown } {
  for (let length = path.length; length > 0; length -= 1) {
    const node: unknown = document.getIn(path.slice(0, length), true);
    const offset = offsetOf(node);
    if (offset === undefined) continue;
    const complete = length === path.length;
    return { offset, found: complete ? document.getIn(path) : undefined };
  }
  return { offset: 0, found: undefined };
}

function isUnknown(issue: z.core.$ZodIssue): issue is z.core.$ZodIssueUnrecognizedKeys {
  return issue.code === 'unrecognized_keys';
}

/** The place of a setting's name in the map at `path`. */
function offsetOfKey(document: Document, path: readonly PropertyKey[], name: string): number | undefined {
  const map = document.getIn(path, true);
  if (!isMap(map)) return undefined;
  return offsetOf(map.items.find(({ key }) => isScalar(key) && String(key.value) === name)?.key);
}

function offsetOf(node: unknown): number | undefined {
  if (typeof node !== 'object' || node === null || !('range' in node)) return undefined;
  const range: unknown = node.range;
  return Array.isArray(range) && typeof range[0] === 'number' ? range[0] : undefined;
}
