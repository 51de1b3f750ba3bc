import { Route, Routes } from 'react-router';
import { NotFoundPage } from '../../app/errors';
import { ClusterPage } from './cluster-page';
import { EditClusterPage, NewClusterPage } from './form-pages';
import { ClusterListPage } from './list-page';

export function ClustersPage() {
  return (
    <Routes>
      <Route index element={<ClusterListPage />} />
      <Route path="new" element={<NewClusterPage />} />
      <Route path=":cluster" element={<ClusterPage />} />
      <Route path=":cluster/edit" element={<EditClusterPage />} />
      <Route path="*" element={<NotFoundPage />} />
    </Routes>
  );
}
