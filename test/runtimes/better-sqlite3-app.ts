import SQLite from 'better-sqlite3';
import { serve } from './serve.ts';

export default await serve(new SQLite(':memory:'));
