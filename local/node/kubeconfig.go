package node

import (
	"encoding/base64"
	"fmt"
)

func kubeconfig(cluster, server string, ca []byte, token string) []byte {
	name := "workbench-" + cluster
	return fmt.Appendf(nil, `apiVersion: v1
kind: Config
clusters:
- name: %[1]s
  cluster:
    server: %[2]s
    certificate-authority-data: %[3]s
users:
- name: %[1]s
  user:
    token: %[4]s
contexts:
- name: %[1]s
  context:
    cluster: %[1]s
    user: %[1]s
current-context: %[1]s
`, name, server, base64.StdEncoding.EncodeToString(ca), token)
}
