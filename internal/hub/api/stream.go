package api

// StreamTasksInput opens the stream of a list.
type StreamTasksInput struct {
	TaskFilter
	After       string `query:"after" maxLength:"4096" doc:"eventId of the list, so that nothing in between is missed. Last-Event-ID, which browsers send when they reconnect, goes before it."`
	LastEventID string `header:"Last-Event-ID" maxLength:"4096" doc:"Id of the last event that was received."`
}

// StreamTaskInput opens the stream of one task.
type StreamTaskInput struct {
	TaskPath
	LastEventID string `header:"Last-Event-ID" maxLength:"4096" doc:"Id of the last event that was received."`
}

// Events of the streams, by name. Each is sent as JSON. A comment line comes every 15 seconds as a heartbeat.
const (
	// EventRow: a task that fits the filters is new or changed; data is a TaskRow.
	EventRow = "row"
	// EventGone: a task was deleted or doesn't fit the filters any more; data is a TaskKey.
	EventGone = "gone"
	// EventCounts: the counts changed; data is TaskCounts. At most one a second.
	EventCounts = "counts"
	// EventClusters: a cluster came or went, or is or isn't reachable now; data is ClusterStates.
	EventClusters = "clusters"
	// EventReset: what was missed can't be told, or what you may see changed: fetch the list again, the stream goes on
	// from now; data is a ResetEvent.
	EventReset = "reset"
	// EventTask: the task is, or changed to, this; data is a TaskDetail.
	EventTask = "task"
	// EventDeleted: the task is gone; data is a TaskKey. The stream ends.
	EventDeleted = "deleted"
	// EventBye: the hub closes the stream; reconnect with the last id; data is a ByeEvent.
	EventBye = "bye"
)

// TaskKey names a task.
type TaskKey struct {
	Cluster   string `json:"cluster"`
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	UID       string `json:"uid"`
}

// ClusterStates is the state of each cluster where you have a role.
type ClusterStates struct {
	Clusters []ClusterState `json:"clusters"`
}

// ResetEvent says why the list has to be fetched again.
type ResetEvent struct {
	Reason string `json:"reason"`
}

// ByeEvent says why the stream ends.
type ByeEvent struct {
	Reason string `json:"reason" doc:"Such as: the hub restarts."`
}
