import * as z from 'zod';

/** An address that may become a link or be logged. */
export const httpUrl = z
  .url({ protocol: /^https?$/, error: 'it must be an address that begins with http:// or https://' })
  .refine((given) => !/\/\/[^/?#]*@/.test(given), 'a password or a name in an address is logged with it');
