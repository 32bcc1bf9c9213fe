import { expect, test } from 'vitest';
import { readUrl } from './database-url.ts';
import { messageOf, UsageError } from './explain-error.ts';

test.each<[url: string, dialect: string, address?: string]>([
  ['app.db', 'sqlite'],
  ['/srv/app.db', 'sqlite'],
  ['C:\\data\\app.db', 'sqlite'],
  ['file:app.db', 'sqlite', 'app.db'],
  ['file:./a=b;c@d.db', 'sqlite', './a=b;c@d.db'],
  ['file:/srv/app.db', 'sqlite', '/srv/app.db'],
  ['file:///srv/my%20app.db', 'sqlite', '/srv/my app.db'],
  ['FILE:app.db', 'sqlite', 'app.db'],
  ['postgres://u:p@h/db?sslmode=require', 'postgres'],
  ['postgresql:///db', 'postgres'],
  ['mysql://u:p@h/db', 'mysql'],
  ['MariaDB://h/db', 'mysql'],
])('%s names a database', (url, dialect, address = url) => {
  expect(readUrl(url)).toEqual({ dialect, address });
});

test.each<[url: string | undefined, message: RegExp]>([
  [undefined, /^DATABASE_URL is not set: write file:app.db, postgres:\/\/… or mysql:\/\/…$/],
  ['', /^DATABASE_URL is not set/],
  ['oracle://u:s3cret@h/db', /^DATABASE_URL: cannot open "oracle:", use file:…, postgres:\/\/… or mysql:\/\/…$/],
  // A mistyped URL of a server would become the name of a file.
  ['postgres//u:s3cret@h/db', /^DATABASE_URL is neither the URL of a database nor a path/],
  ['postgres;//u:s3cret@h/db', /^DATABASE_URL is neither the URL of a database nor a path/],
  ['postgres:u:s3cret@h/db', /^DATABASE_URL is neither the URL of a database nor a path/],
  ['postgres:/u:s3cret@h/db', /^DATABASE_URL is neither the URL of a database nor a path/],
  [' postgres://u:s3cret@h/db', /^DATABASE_URL is neither the URL of a database nor a path/],
  ['//u:s3cret@h', /^DATABASE_URL is neither the URL of a database nor a path/],
  ['//s3cret', /^DATABASE_URL is neither the URL of a database nor a path/],
  ['u:s3cret@h/db', /^DATABASE_URL is neither the URL of a database nor a path/],
  ['my_user:s3cret@h/db', /^DATABASE_URL is neither the URL of a database nor a path/],
  ['s3cret:5432/db', /^DATABASE_URL is neither the URL of a database nor a path/],
  ['host=h password=s3cret', /^DATABASE_URL is neither the URL of a database nor a path/],
  ['Server=h;Pwd=s3cret', /^DATABASE_URL is neither the URL of a database nor a path/],
  ['jdbc;s3cret', /^DATABASE_URL is neither the URL of a database nor a path/],
  ['h?s3cret', /^DATABASE_URL is neither the URL of a database nor a path/],
  ['{"password":"s3cret"}', /^DATABASE_URL is neither the URL of a database nor a path/],
  ['"postgres://u:s3cret@h/db"', /^DATABASE_URL is in quotes: remove them$/],
  ["'s3cret'", /^DATABASE_URL is in quotes/],
  ['file:', /^DATABASE_URL: file: needs the name of a file/],
  ['file://', /^DATABASE_URL: file: needs the name of a file/],
  ['file:///', /^DATABASE_URL: file: needs the name of a file/],
  ['file:app.db?mode=ro', /^DATABASE_URL: a file has no parameters: remove the "\?" and the rest$/],
  ['file:///srv/app.db?mode=s3cret', /^DATABASE_URL: a file has no parameters/],
  ['file:///srv/app#s3cret.db', /^DATABASE_URL: file:\/\/ takes no "#": write %23$/],
  [
    'file://s3cret/app.db',
    /^DATABASE_URL: file:\/\/ needs a third slash: write file:\/\/\/srv\/app.db, or file:app.db$/,
  ],
  ['file://u:s3cret@h/db', /^DATABASE_URL: file:\/\/ needs a third slash/],
  ['file:///srv/%s3cret', /^DATABASE_URL is neither the URL of a database nor a path/],
  [':memory:', /^DATABASE_URL: a database in memory would end with this command: write file:app.db$/],
  ['file::memory:', /^DATABASE_URL: a database in memory/],
])('%s is refused, and the message does not repeat it', (url, message) => {
  let error: unknown;
  try {
    readUrl(url);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(UsageError);
  expect(messageOf(error)).toMatch(message);
  expect(messageOf(error)).not.toContain('s3cret');
});
