// Writes the lines of the change logs: the text of each changeset, without the commit that added it.
const changelog = {
  getReleaseLine: ({ summary }) => Promise.resolve(`- ${summary.trim().replaceAll(/\n(?=.)/g, '\n  ')}`),
  // All packages share one version, so a new version of another package is no news.
  getDependencyReleaseLine: () => Promise.resolve(''),
};

// oxlint-disable-next-line import/no-default-export -- changesets reads it
export default changelog;
