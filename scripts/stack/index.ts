export { stackHealth, type ServerHealth } from './health';
export { takeLock } from './lock';
export { createProgress, type Progress } from './progress';
export { hasStack, SERVER_NAMES, type ServerName, type Stack, type StackOptions } from './stack';
export { startStack, type StartOptions } from './start';
export { BUCKET, s3Variables } from './servers/versitygw';
export { stopStack, type StopOptions } from './stop';
