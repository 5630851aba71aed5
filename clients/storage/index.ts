export { locationOf, locationText, type StorageLocation } from './location';
export { openStorage, type StorageSettings } from './open-storage';
export { readWhole, type WholeObject } from './read-whole';
export type {
  Abortable,
  Body,
  Condition,
  ObjectVersion,
  ReadOptions,
  SignedUrl,
  Storage,
  StoredObject,
} from './storage';
