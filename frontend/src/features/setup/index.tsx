export { type ExtensibleType, extensible, FieldsPage } from './FieldsPage.tsx';
export { PipelinePage } from './PipelinePage.tsx';
export { PipelinesPage } from './PipelinesPage.tsx';
