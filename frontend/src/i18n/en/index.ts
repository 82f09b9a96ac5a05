/** All catalogues of this language in one chunk, but for those that few people need; each feature has its own file. */
const files = import.meta.glob<Record<string, string>>(['./*.json', '!./setup.json', '!./start.json'], {
  eager: true,
  import: 'default',
});

export default Object.assign({}, ...Object.values(files)) as Record<string, string>;
