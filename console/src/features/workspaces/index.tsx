import { Route, Routes } from 'react-router';
import { NotFoundPage } from '../../app/errors';
import { NewWorkspacePage } from './new-page';
import { WorkspaceListPage } from './list-page';
import { WorkspacePage } from './workspace-page';

export function WorkspacesPage() {
  return (
    <Routes>
      <Route index element={<WorkspaceListPage />} />
      <Route path="new" element={<NewWorkspacePage />} />
      <Route path=":workspace" element={<WorkspacePage />} />
      <Route path="*" element={<NotFoundPage />} />
    </Routes>
  );
}
