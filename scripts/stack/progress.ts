import { MultiBar } from 'cli-progress';
import { visible } from '../../domain/visible';
import { isScreen, stylesOf } from '../output/terminal';

/** One thing that the program waits for. */
export interface Step {
  /** Shows what the step does now, and how far it is if that can be counted. */
  update(text: string, done?: number, total?: number): void;
  done(text: string): void;
  fail(text: string): void;
}

export interface Progress {
  step(title: string): Step;
  stop(): void;
}

/** How often a line is printed for a step that goes on, if the output is not a terminal. */
const LINE_EVERY_MILLISECONDS = 10_000;

/** Lines that are updated on a terminal, else a plain line for each change of state; on stderr. */
export function createProgress(stream: NodeJS.WriteStream = process.stderr): Progress {
  return isScreen(stream) ? liveProgress(stream) : plainProgress(stream);
}

export const silentProgress: Progress = {
  step: () => ({ update: () => undefined, done: () => undefined, fail: () => undefined }),
  stop: () => undefined,
};

function plainProgress(stream: NodeJS.WritableStream): Progress {
  return {
    step(title) {
      const seconds = stopwatch();
      let text = '';
      let printed = 0;
      const print = (line: string): void => {
        printed = Date.now();
        stream.write(`${visible(`${title}: ${line}`)} (${seconds()} s)\n`);
      };
      return {
        update(next, done, total) {
          const fresh = next !== text;
          text = next;
          if (!fresh && Date.now() - printed < LINE_EVERY_MILLISECONDS) return;
          print(done === undefined || total === undefined ? next : `${next}, ${done} of ${total}`);
        },
        done: print,
        fail: (reason) => {
          print(`failed: ${reason}`);
        },
      };
    },
    stop: () => undefined,
  };
}

interface Line {
  title: string;
  text: string;
  seconds: () => string;
  state: 'running' | 'done' | 'failed';
}

function liveProgress(stream: NodeJS.WriteStream): Progress {
  const style = stylesOf(stream);
  const bars = new MultiBar({
    stream,
    hideCursor: true,
    fps: 5,
    emptyOnZero: true,
    format: ({ barsize = 20 }, { value, total }, payload: Line) => {
      const mark = { running: style.cyan('…'), done: style.green('✓'), failed: style.red('✗') }[payload.state];
      const filled = total > 0 ? Math.round((value / total) * barsize) : 0;
      const bar = total > 1 ? ` ${'█'.repeat(filled)}${'░'.repeat(barsize - filled)} ${value}/${total}` : '';
      return `${mark} ${visible(payload.title).padEnd(20)}${bar} ${visible(payload.text)} ${style.dim(`${payload.seconds()} s`)}`;
    },
    barsize: 20,
  });
  return {
    step(title) {
      const line: Line = { title, text: '', seconds: stopwatch(), state: 'running' };
      const bar = bars.create(1, 0, line);
      const finish = (state: Line['state'], text: string): void => {
        const taken = line.seconds();
        bar.setTotal(1);
        bar.update(1, { state, text, seconds: () => taken } satisfies Partial<Line>);
        bar.stop();
      };
      return {
        update(text, done, total) {
          if (total !== undefined) bar.setTotal(total);
          bar.update(done ?? bar.getProgress(), { text } satisfies Partial<Line>);
        },
        done: (text) => {
          finish('done', text);
        },
        fail: (text) => {
          finish('failed', text);
        },
      };
    },
    stop() {
      if (bars.isActive) bars.stop();
    },
  };
}

function stopwatch(): () => string {
  const start = Date.now();
  return () => ((Date.now() - start) / 1000).toFixed(1);
}
