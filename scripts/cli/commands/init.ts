import { Command } from 'commander';
import type { InitOptions } from '../actions/init';

export const initCommand = (): Command =>
  new Command('init')
    .description('make a repository of pipelines: one pipeline, a test for it, and what runs them. Overwrites nothing')
    .argument('<folder>', 'the folder of the repository; it is made if it does not exist')
    .option('--json', 'print JSON', false)
    .action(async (folder: string, options: InitOptions) => (await import('../actions/init')).run(folder, options));
