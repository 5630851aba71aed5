/** One section, such as <match info>, of Fluentd's configuration. */
export interface Section {
  readonly name: string;
  readonly argument: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly sections: readonly Section[];
}

interface Open {
  name: string;
  argument: string;
  settings: Record<string, string>;
  sections: Section[];
}

/** Reads Fluentd's own format as far as deploy/fluentd uses it. Throws at anything else. */
export function parseFluentd(text: string): readonly Section[] {
  const root: Open = { name: '', argument: '', settings: {}, sections: [] };
  const open: Open[] = [root];
  text.split('\n').forEach((raw, index) => {
    const line = raw.trim();
    const inner = open.at(-1) ?? root;
    const [, start, argument = ''] = /^<(\w+)\s*(.*?)>$/.exec(line) ?? [];
    const [, setting, value = ''] = /^(@?\w+)(?:\s+(.*))?$/.exec(line) ?? [];
    if (line === '' || line.startsWith('#')) return;
    if (start !== undefined) {
      const section = { name: start, argument, settings: {}, sections: [] };
      inner.sections.push(section);
      open.push(section);
    } else if (line === `</${inner.name}>`) open.pop();
    else if (setting !== undefined) inner.settings[setting] = value;
    else throw new Error(`fluent.conf:${index + 1} is not understood: ${line}`);
  });
  if (open.length > 1) throw new Error(`fluent.conf: <${open.at(-1)?.name ?? ''}> has no end`);
  return root.sections;
}

export function childrenOf(section: Pick<Section, 'sections'> | undefined, name: string): readonly Section[] {
  return (section?.sections ?? []).filter((child) => child.name === name);
}
