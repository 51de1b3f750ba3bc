/** What is missing or wrong on the first page of the wizard. */
import type { Draft } from './draft';
import { nameProblem } from '../../components/name';
import type { Workload } from './queries';

/** The Services of a workload whose requests can be split. */
export function splittable(workload: Workload) {
  return workload.services.filter((service) => !service.headless);
}

/** The Service that takes part: the chosen one, or the only one. */
export function serviceOf(draft: Draft, workload: Workload): string | undefined {
  const services = splittable(workload);
  if (services.length === 1) return services[0]?.name;
  return services.find((service) => service.name === draft.service)?.name;
}

/** The VirtualServices that lead to the Service that takes part. */
export function routesOf(draft: Draft, workload: Workload) {
  const service = serviceOf(draft, workload);
  return workload.virtualServices.filter((routes) => routes.service === service);
}

export interface BasicGaps {
  name: boolean;
  cluster: boolean;
  namespace: boolean;
  workload: boolean;
  service: boolean;
  virtualService: boolean;
}

/** Which fields keep the person from going on; the workload is absent while it is not known. */
export function basicGaps(draft: Draft, workload: Workload | undefined, taken: boolean): BasicGaps {
  const istio = draft.traffic === 'Istio';
  return {
    name: taken || nameProblem(draft.name) !== undefined,
    cluster: draft.cluster === undefined,
    namespace: draft.namespace === undefined,
    workload: draft.workload === undefined || workload?.task !== undefined,
    service: istio && workload !== undefined && splittable(workload).length > 1 && serviceOf(draft, workload) === undefined,
    virtualService: istio && workload !== undefined && routesOf(draft, workload).length > 1 && !routesOf(draft, workload).some((routes) => routes.name === draft.virtualService),
  };
}

export function hasGaps(gaps: BasicGaps): boolean {
  return Object.values(gaps).some(Boolean);
}

/** Obstacles that a choice on the page takes away are asked for there and not told as obstacles. */
export function remainingObstacles(draft: Draft, workload: Workload) {
  return workload.obstacles.filter(
    (obstacle) =>
      !(obstacle.reason === 'ServiceAmbiguous' && splittable(workload).length > 1) &&
      !(obstacle.reason === 'RouteNotFound' && obstacle.field?.endsWith('.virtualService') && routesOf(draft, workload).length > 1),
  );
}
