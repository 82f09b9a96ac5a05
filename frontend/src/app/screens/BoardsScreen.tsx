export { BoardsPage as BoardsScreen } from '../../features/board/index.tsx';
