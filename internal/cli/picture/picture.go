// Package picture draws a release task for a terminal: its steps with weights, waits and countdown, the stable and
// the canary version with their pods, and the sentence that says what goes on.
//
// It only turns a task into lines. What they are written on, and when, is up to the caller.
package picture

import (
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workbench-dev/workbench/api/v1alpha1"
)

// Style is how a picture is drawn.
type Style struct {
	// Width of the terminal in columns; lines are cut there. 0: as wide as they are.
	Width int
	// Color draws with ANSI colours.
	Color bool
	// Program is how the person calls the program, for the commands that the picture offers.
	Program string
}

// Draw is the lines of a task's picture at a moment, without line ends.
func Draw(task *v1alpha1.ReleaseTask, now time.Time, style Style) []string {
	pen := &pen{style: style}
	pen.heading(task)
	pen.sentence(task)
	if task.Status.HandBack == nil {
		pen.steps(task, now)
	}
	pen.versions(task)
	pen.analysis(task, now)
	pen.handBack(task)
	pen.attention(task)
	pen.offer(task)
	return pen.lines
}

// pen collects lines.
type pen struct {
	style Style
	lines []string
}

// line adds a line made of pieces, cut at the width.
func (p *pen) line(pieces ...piece) {
	var line strings.Builder
	left := p.style.Width
	for _, piece := range pieces {
		text := clean(piece.text)
		if p.style.Width > 0 {
			runes := []rune(text)
			if len(runes) > left {
				runes = runes[:left]
			}
			left -= len(runes)
			text = string(runes)
		}
		line.WriteString(p.color(piece.color, text))
	}
	p.lines = append(p.lines, strings.TrimRight(line.String(), " "))
}

// clean keeps control characters that come with data out of the terminal.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return ' '
		}
		return r
	}, text)
}

func (p *pen) heading(task *v1alpha1.ReleaseTask) {
	phase := task.Status.Phase
	if phase == "" {
		phase = "Pending"
	}
	p.line(
		bold(task.Namespace+"/"+task.Name),
		plain("  Deployment "+task.Spec.WorkloadRef.Name+"  "),
		piece{text: words(string(phase)), color: phaseColor(phase)},
	)
}

// words separates the words of a phase: TakingOver becomes "taking over".
func words(phase string) string {
	var text strings.Builder
	for i, r := range phase {
		if i > 0 && r >= 'A' && r <= 'Z' {
			text.WriteByte(' ')
		}
		text.WriteRune(r)
	}
	return strings.ToLower(text.String())
}

func (p *pen) sentence(task *v1alpha1.ReleaseTask) {
	if task.Status.Message == "" {
		p.line(plain("No controller has looked at it yet."))
		return
	}
	for _, line := range wrap(task.Status.Message, p.style.Width) {
		p.line(plain(line))
	}
}

// wrap breaks a text between words so that its lines fit the width.
func wrap(text string, width int) []string {
	if width <= 0 {
		return []string{text}
	}
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len([]rune(line))+1+len([]rune(word)) > width {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}

// versions draws the stable and the canary version.
func (p *pen) versions(task *v1alpha1.ReleaseTask) {
	stable, canary := task.Status.Stable, task.Status.Canary
	if stable == nil && canary == nil {
		return
	}
	p.line()
	names := max(len([]rune(versionName(stable))), len([]rune(versionName(canary))))
	pods := max(len([]rune(podsOf(stable))), len([]rune(podsOf(canary))))
	p.version("stable", stable, names, pods, green)
	p.version("canary", canary, names, pods, yellow)
}

// version draws one version, with its images on a line of their own where the terminal is narrow.
func (p *pen) version(role string, version *v1alpha1.VersionStatus, names, pods int, color color) {
	if version == nil {
		return
	}
	line := []piece{
		{text: role, color: color},
		plain(fmt.Sprintf("  %-*s  ", names, versionName(version))),
		{text: podBar(version.ReadyInstances, version.Instances), color: color},
		plain(strings.Repeat(" ", pods-len([]rune(podsOf(version))))),
		plain(fmt.Sprintf(" %d/%d ready  traffic %3d %% ", version.ReadyInstances, version.Instances, version.Weight)),
		{text: bar(int(version.Weight), 100, p.barWidth(trafficWidth)), color: color},
	}
	if p.isNarrow() {
		p.line(line...)
		p.line(plain("        " + images(version)))
		return
	}
	p.line(append(line, plain("  "+images(version)))...)
}

// podsOf is what version draws of pods, for its width alone.
func podsOf(version *v1alpha1.VersionStatus) string {
	if version == nil {
		return ""
	}
	return fmt.Sprintf("%s %d/%d", podBar(version.ReadyInstances, version.Instances), version.ReadyInstances, version.Instances)
}

func versionName(version *v1alpha1.VersionStatus) string {
	switch {
	case version == nil:
		return ""
	case version.Display == "", version.Display == fmt.Sprintf("r%d", version.Revision):
		return fmt.Sprintf("r%d", version.Revision)
	default:
		return fmt.Sprintf("%s (r%d)", version.Display, version.Revision)
	}
}

func images(version *v1alpha1.VersionStatus) string {
	if version == nil {
		return ""
	}
	pairs := make([]string, len(version.Containers))
	for i, container := range version.Containers {
		pairs[i] = container.Name + "=" + container.Image
	}
	return strings.Join(pairs, " ")
}

// handBack draws how far a hand-back is.
func (p *pen) handBack(task *v1alpha1.ReleaseTask) {
	if task.Status.HandBack == nil {
		return
	}
	p.line()
	reached := false
	for _, stage := range handBackStages {
		mark, color := "✓", green
		switch {
		case stage.step == task.Status.HandBack.Step:
			mark, color, reached = "▶", yellow, true
		case reached:
			mark, color = "·", none
		}
		p.line(piece{text: mark, color: color}, plain(" "+stage.words))
	}
}

var handBackStages = []struct {
	step  v1alpha1.HandBackStep
	words string
}{
	{v1alpha1.HandBackFreezing, "freeze the Rollout; its pods serve on"},
	{v1alpha1.HandBackStarting, "start the Deployment's own pods"},
	{v1alpha1.HandBackRouting, "send all requests to them"},
	{v1alpha1.HandBackDraining, "let requests in flight end"},
	{v1alpha1.HandBackRemoving, "remove the Rollout and its pods"},
	{v1alpha1.HandBackRestoring, "give routes, autoscaler and Deployment their originals back"},
}

// attention lists the conditions that a person should know of.
func (p *pen) attention(task *v1alpha1.ReleaseTask) {
	var lines []string
	for _, wrong := range []struct {
		condition string
		status    metav1.ConditionStatus
		label     string
	}{
		{v1alpha1.ConditionPreflightPassed, metav1.ConditionFalse, "In the way"},
		{v1alpha1.ConditionDrifted, metav1.ConditionTrue, "Changed by somebody else"},
	} {
		condition := meta.FindStatusCondition(task.Status.Conditions, wrong.condition)
		// The sentence of the task often says the same: once is enough.
		if condition == nil || condition.Status != wrong.status || condition.Message == "" || strings.Contains(task.Status.Message, condition.Message) {
			continue
		}
		lines = append(lines, wrap("! "+wrong.label+": "+condition.Message, p.style.Width)...)
	}
	if len(lines) == 0 {
		return
	}
	p.line()
	for _, line := range lines {
		p.line(piece{text: line, color: red})
	}
}

// offer names the commands that fit the state.
func (p *pen) offer(task *v1alpha1.ReleaseTask) {
	var verbs []string
	switch task.Status.Phase {
	case v1alpha1.PhaseWaiting, v1alpha1.PhaseReleasing:
		verbs = []string{"continue", "promote", "abort"}
	case v1alpha1.PhaseTerminated, v1alpha1.PhaseFailed:
		verbs = []string{"retry", "set-image", "rollback"}
	default:
		return
	}
	p.line()
	p.line(piece{text: fmt.Sprintf("%s release %s %s -n %s", p.style.Program, strings.Join(verbs, "|"), task.Name, task.Namespace), color: dim})
}
