export { DealDrawer } from './DealDrawer.tsx';
