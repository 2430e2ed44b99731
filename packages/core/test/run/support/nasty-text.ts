import fc from 'fast-check'

/** Made of what could end a string, begin a template or end an assignment. */
export const nastyText = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '$',
        '%',
        '{',
        '}',
        '${',
        '%{',
        '$${',
        '"',
        '\\',
        '\n',
        '\r',
        '=',
        '<<E',
        '`',
      ),
      fc.string({ unit: 'grapheme', maxLength: 4 }),
    ),
    { maxLength: 20 },
  )
  .map((parts) => parts.join('').replaceAll('\0', '').normalize('NFC'))
