import type { Command } from 'commander';
import { backfillCommand } from './backfill';
import { batchCommand } from './batch';
import { completionCommand } from './completion';
import { demoCommand } from './demo';
import { dlqCommand } from './dlq';
import { downCommand } from './down';
import { feedCommand } from './feed';
import { initCommand } from './init';
import { pipelineCommand } from './pipeline';
import { quarantineCommand } from './quarantine';
import { reportCommand } from './report';
import { scheduleCommand } from './schedule';
import { sparkCommand } from './spark';
import { speedCommand } from './speed';
import { statusCommand } from './status';
import { upCommand } from './up';
import { workerCommand } from './worker';

/**
 * Every command, in the order in which help lists them. Each command line loads the files of this folder, also for
 * help. They import what options need, and no server's client and no engine. An action imports its own code when it
 * runs.
 */
export function commands(): Command[] {
  return [
    initCommand(),
    demoCommand(),
    upCommand(),
    downCommand(),
    statusCommand(),
    workerCommand(),
    feedCommand(),
    speedCommand(),
    batchCommand(),
    backfillCommand(),
    reportCommand(),
    scheduleCommand(),
    dlqCommand(),
    quarantineCommand(),
    pipelineCommand(),
    sparkCommand(),
    completionCommand(),
  ];
}
