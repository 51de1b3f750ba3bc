package auth

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	// FirstAdmin is the account that the first start makes.
	FirstAdmin = "admin"
	// FirstAdminSecret holds its random password under the key password, until that is changed.
	FirstAdminSecret = "workbench-initial-admin"
)

// makeFirstAdmin makes an administrator when there is no local account that is one. The password lies in a Secret of
// its own rather than in the log, where too many could read it.
//
// Replicas that start together agree by who creates the Secret of the password: the others take its password. One that
// dies in between leaves it to the next start.
func (s *Service) makeFirstAdmin(ctx context.Context) error {
	if slices.ContainsFunc(s.people.all(MethodLocal), func(p person) bool { return p.Admin && !p.Disabled }) {
		return nil
	}
	owner := ref{Name: FirstAdmin, Method: MethodLocal}
	if _, err := s.people.findLive(ctx, owner); err == nil {
		s.log.Warn("no local account is an administrator, and the account admin is there but is none; delete its Secret to have it made again", "secret", owner.secretName())
		return nil
	} else if !errors.Is(err, errNotFound) {
		return err
	}
	password, err := s.firstPassword(ctx)
	if err != nil {
		return err
	}
	now := s.clock.Now().UTC()
	_, err = s.people.create(ctx, owner, person{
		Name: FirstAdmin, DisplayName: "Administrator", Admin: true, Epoch: 1, Created: now, PasswordChanged: now, hash: hashPassword(password),
	})
	if apierrors.IsAlreadyExists(err) {
		return nil
	}
	if err == nil {
		s.log.Info("the account admin was made; its password is in a Secret until it is changed", "secret", FirstAdminSecret, "key", "password")
	}
	return err
}

// firstPassword writes a random password, or reads that of the replica that was first.
func (s *Service) firstPassword(ctx context.Context) (string, error) {
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: FirstAdminSecret, Labels: map[string]string{"app.kubernetes.io/part-of": "workbench"}},
		StringData: map[string]string{"password": rand.Text()},
	}
	written, err := s.store.secrets.Create(ctx, secret, metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		written, err = s.store.secrets.Get(ctx, FirstAdminSecret, metav1.GetOptions{})
	}
	if err != nil {
		return "", err
	}
	password := string(written.Data["password"])
	if err := checkPassword(FirstAdmin, password); err != nil {
		return "", errors.Join(errors.New("the Secret "+FirstAdminSecret+" holds no usable password: delete it"), err)
	}
	return password, nil
}

// forgetFirstPassword removes the Secret once it tells nothing any more.
func (s *Service) forgetFirstPassword(ctx context.Context, account string) {
	if account != FirstAdmin {
		return
	}
	err := s.store.secrets.Delete(ctx, FirstAdminSecret, metav1.DeleteOptions{})
	if err != nil && !apierrors.IsNotFound(err) {
		s.log.Warn("the Secret with the first password of admin, which is no longer valid, could not be deleted", "secret", FirstAdminSecret, "error", err)
	}
}
