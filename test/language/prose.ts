// Finds the English of a Markdown page, and of the comments of a source.

/** A paragraph, a list item, a heading or a table cell. Inline code in it reads as the word `Code`. */
export interface Passage {
  /** The line that it starts on. */
  readonly line: number;
  readonly text: string;
}

/** The passages of a Markdown page, without its code blocks and front matter. */
export function passagesOfPage(page: string): Passage[] {
  const frontMatter = /^---\n[\s\S]*?\n---\n/;
  return passagesOf(page.replace(frontMatter, (text) => text.replaceAll(/[^\n]/g, '')).split('\n'));
}

/** The passages of the comments of a source. A tag such as `@throws` starts another, and so does a comment behind code. */
export function passagesOfSource(source: string): Passage[] {
  let isInBlock = false;
  return passagesOf(source.split('\n').map(commentOf));

  function commentOf(line: string): string {
    if (isInBlock || /^\s*\{?\/\*/.test(line)) {
      isInBlock = !line.includes('*/');
      return line.replaceAll(/^\s*(?:\{?\/\*+|\*(?!\/))|\s*\*\/.*$/g, '').replace(/^\s*@\w+/, '- ');
    }
    const { code = '', comment = '' } = /^(?:(?<code>.*)\s|\s*)\/\/(?<comment>.*)$/.exec(line)?.groups ?? {};
    return (code === '' ? '' : '- ') + comment.replace(/^\s*oxlint-disable.*?(?:--|$)/, '');
  }
}

function passagesOf(lines: readonly string[]): Passage[] {
  const passages: Passage[] = [];
  let isOpen = false;
  let isInFence = false;
  for (const [index, line] of lines.entries()) {
    const isFence = /^\s*```/.test(line);
    if (isFence) isInFence = !isInFence;
    if (isFence || isInFence || line.trim() === '') {
      isOpen = false;
    } else if (/^\s*<[^>]+>$/.test(line)) {
      // A tag of HTML: only the text of a picture is prose.
      isOpen = false;
      passages.push({ line: index + 1, text: /\balt="([^"]*)"/.exec(line)?.[1] ?? '' });
    } else if (/^\s*\|/.test(line)) {
      isOpen = false;
      for (const text of line.split('|')) passages.push({ line: index + 1, text });
    } else {
      const isContinued = isOpen && !/^\s*(?:[-#>]|\d+\.)\s/.test(line);
      const { line: start, text } = (isContinued && passages.pop()) || { line: index + 1, text: '' };
      passages.push({ line: start, text: `${text} ${line}` });
      isOpen = !/^\s*#/.test(line);
    }
  }
  return passages
    .map(({ line, text }) => ({ line, text: withoutMarkup(text) }))
    .filter(({ text }) => /\p{L}/u.test(text));
}

function withoutMarkup(text: string): string {
  return text
    .replaceAll(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll(/`[^`]+`|\{@link [^}]+\}|https?:\S+/g, 'Code')
    .replaceAll(/[*_]{1,2}(?=\S)|(?<=\S)[*_]{1,2}/g, '')
    .trim();
}

/** The sentences of a passage. A colon or a semicolon ends none. */
export function sentencesOf(text: string): string[] {
  return text.split(/(?<=[.!?]["”')]*)\s+(?=["“'(]*[\p{Lu}\d])/u);
}

export function wordsOf(text: string): string[] {
  return text.match(/[\p{L}\p{N}](?:[\p{L}\p{N}'’.,_/-]*[\p{L}\p{N}])?/gu) ?? [];
}
