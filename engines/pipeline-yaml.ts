import { isAlias, isScalar, LineCounter, parseDocument, visit, type Document } from 'yaml';
import { DaybreakError, messageOf } from '../domain/errors';
import { pipelineSchema, type Pipeline } from '../domain/pipeline';

/** Reads pipeline.yaml. Throws BAD_PIPELINE with `file`, the line, the value and what is accepted there. */
export function parsePipelineYaml(text: string, file: string): Pipeline {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const [syntaxError] = document.errors;
  if (syntaxError !== undefined) {
    throw new DaybreakError('BAD_PIPELINE', {
      what: `${file}:${lines.linePos(syntaxError.pos[0]).line}: ${syntaxError.message.split('\n')[0] ?? ''}`,
      remedy: 'Correct the YAML there.',
      cause: syntaxError,
    });
  }
  refusePrototype(document, file, lines);
  const parsed = pipelineSchema.safeParse(contentOf(document, file));
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => {
    const { offset, found } = locate(document, path);
    const value = found === undefined ? '' : ` is ${JSON.stringify(found)}`;
    return `${file}:${lines.linePos(offset).line}: ${path.join('.') || 'the document'}${value}; accepted: ${message}`;
  });
  throw new DaybreakError('BAD_PIPELINE', {
    what: problems.join('\n'),
    remedy: 'Correct it there; docs/pipeline.schema.json lists every setting, and editors complete from it.',
  });
}

/** JavaScript takes this name for something else, and the schema would drop it without a word. */
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

/** Throws BAD_PIPELINE for aliases that would unfold to more than a memory holds. */
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

/** Where the value of `path` stands, or the nearest enclosing one that exists. */
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

function offsetOf(node: unknown): number | undefined {
  if (typeof node !== 'object' || node === null || !('range' in node)) return undefined;
  const range: unknown = node.range;
  return Array.isArray(range) && typeof range[0] === 'number' ? range[0] : undefined;
}
