import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { withListedFiles } from '../../input/input-files';
import type { ListedFacts, ListedFile } from '../../input/listed-file';
import { HourBuilder } from './hour-builder';
import type { PieceSteps } from './piece-steps';
import { scannerOf } from './source-reader';
import {
  sentError,
  type FromThread,
  type PieceCall,
  type ThreadCall,
  type ThreadSetup,
  type ToThread,
} from './thread-messages';

/** The whole life of a thread that builds hours. It gets one call at a time, and may be interrupted in it. */
async function run(setup: ThreadSetup): Promise<void> {
  const stop = new AbortController();
  const { number, input, folder, loaded } = setup;
  const files = {
    scratch: join(folder, `.copies-${number}`),
    signal: stop.signal,
    onFetched: (fetched: number): void => {
      send({ kind: 'progress', rows: 0, bytes: 0, fetched });
    },
  };
  const progress = {
    addRows: (rows: number, bytes: number): void => {
      send({ kind: 'progress', rows, bytes, fetched: 0 });
    },
  };
  await withListedFiles(input, files, async (open) => {
    const scanner = scannerOf(loaded.pipeline);
    const builder = await HourBuilder.open(setup, number, { scanner, progress });
    try {
      await answerCalls(builder, open, stop);
    } finally {
      await builder.close();
    }
  });
}

/** Answers calls until the thread is to end. */
function answerCalls(
  builder: HourBuilder,
  open: (file: ListedFacts) => ListedFile,
  stop: AbortController,
): Promise<void> {
  return new Promise((resolve) => {
    parentPort?.on('message', (message: ToThread) => {
      if (message.call === 'close') {
        resolve();
        return;
      }
      if (message.call === 'interrupt') {
        stop.abort();
        builder.interrupt();
        return;
      }
      called(builder, open, message).then(
        (value) => {
          send({ kind: 'done', value });
        },
        (thrown: unknown) => {
          send({ kind: 'failed', thrown: sentError(thrown) });
        },
      );
    });
    send({ kind: 'done', value: undefined });
  });
}

function called(builder: HourBuilder, open: (file: ListedFacts) => ListedFile, message: ThreadCall): Promise<unknown> {
  switch (message.call) {
    case 'read':
      return builder.read({ ...message.argument, files: message.argument.files.map(open) });
    case 'rebuild':
      return builder.rebuild({ ...message.argument, files: message.argument.files.map(open) });
    case 'repeated':
      return builder.repeated(message.argument);
    case 'piece':
      return stepOf(builder.pieces, open, message);
  }
}

function stepOf(pieces: PieceSteps, open: (file: ListedFacts) => ListedFile, call: PieceCall): Promise<unknown> {
  switch (call.step) {
    case 'read':
      return pieces.read({ ...call.argument, files: call.argument.files.map(open) });
    case 'hashFile':
      return pieces.hashFile(call.argument);
    case 'joinBad':
      return pieces.joinBad(call.argument);
    case 'hashIdentities':
      return pieces.hashIdentities(call.argument);
    case 'findShared':
      return pieces.findShared(call.argument);
    case 'findAlike':
      return pieces.findAlike(call.argument);
    case 'findRedundant':
      return pieces.findRedundant(call.argument);
    case 'write':
      return pieces.write(call.argument);
    case 'join':
      return pieces.join(call.argument);
  }
}

function send(message: FromThread): void {
  parentPort?.postMessage(message);
}

// As `startHourThread` gives it.
run(workerData as ThreadSetup)
  .catch((thrown: unknown) => {
    send({ kind: 'failed', thrown: sentError(thrown) });
  })
  .finally(() => parentPort?.close());
