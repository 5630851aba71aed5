import { Option } from 'commander';
import { parseBusinessDate } from '../../domain/business-date';

/** An option that takes a local day. A value that is none throws BAD_DATE. */
export function dayOption(flag: '--date' | '--from' | '--to', description: string): Option {
  return new Option(`${flag} <day>`, description).argParser(parseBusinessDate);
}

/** `--date <day>` of a command that works on one day. It must be given. */
export function requiredDate(): Option {
  return dayOption('--date', 'the local day, YYYY-MM-DD').makeOptionMandatory();
}
