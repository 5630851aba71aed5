import { declaredName, storedName } from '../../../engines/duckdb/sql';

it.each(['id', 'rowid', 'ROWID', 'File_Row_Number', 'daybreak_digest', 'daybreak_note'])(
  'gives the name %s back that a column is stored by another',
  (name) => {
    expect(declaredName(storedName(name))).toBe(name);
  },
);
