export { type ExtensibleType, extensible } from './extensible.ts';
export { FieldsPage } from './FieldsPage.tsx';
export { PipelinePage } from './PipelinePage.tsx';
export { PipelinesPage } from './PipelinesPage.tsx';
