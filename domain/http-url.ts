import * as z from 'zod';

/** An address that may become a link or be logged. */
export const httpUrl = z
  .url({ protocol: /^https?$/ })
  .refine((given) => !/\/\/[^/?#]*@/.test(given), 'a password or a name in an address is logged with it');
