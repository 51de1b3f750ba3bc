package api

import (
	"net/http"
	"time"
)

// Me is who asks and what they may do.
type Me struct {
	Name        string       `json:"name" example:"maria"`
	DisplayName string       `json:"displayName" example:"Maria Lindt"`
	Groups      []string     `json:"groups"`
	Method      string       `json:"method" enum:"Local,OIDC,Token" doc:"How you signed in."`
	Admin       bool         `json:"admin" doc:"Platform administrator: looks after clusters, workspaces and accounts."`
	ReadOnly    bool         `json:"readOnly" doc:"Signed in by a token that may only read."`
	ExpiresAt   *time.Time   `json:"expiresAt,omitempty" doc:"When the session or token ends."`
	Workspaces  []Membership `json:"workspaces" doc:"Those where you have a role, by name."`
	May         MeMay        `json:"may"`
}

// MeMay is what somebody may do outside workspaces.
type MeMay struct {
	CreateTasks      bool `json:"createTasks" doc:"You are Editor or Admin of some workspace."`
	ManageClusters   bool `json:"manageClusters"`
	CreateWorkspaces bool `json:"createWorkspaces"`
	ManageAccounts   bool `json:"manageAccounts"`
	ReadAudit        bool `json:"readAudit" doc:"You see the audit of at least one namespace."`
	ChangePassword   bool `json:"changePassword" doc:"You have a local account."`
	CreateTokens     bool `json:"createTokens" doc:"Not with a token: sign in first."`
}

// Membership is a workspace where somebody has a role.
type Membership struct {
	Workspace   string               `json:"workspace" example:"shop"`
	DisplayName string               `json:"displayName" example:"Shop"`
	Role        Role                 `json:"role" enum:"Viewer,Editor,Admin"`
	Namespaces  []WorkspaceNamespace `json:"namespaces"`
}

// MeOutput is who asks.
type MeOutput struct {
	Body Me
}

// ChangePasswordInput changes one's own password.
type ChangePasswordInput struct {
	Body struct {
		Current string `json:"current" writeOnly:"true" minLength:"1" maxLength:"256"`
		New     string `json:"new" writeOnly:"true" minLength:"12" maxLength:"256" doc:"At least 12 characters."`
	}
}

// ChangePasswordOutput carries the new session; all others of the person have ended.
type ChangePasswordOutput struct {
	SetCookie []http.Cookie `header:"Set-Cookie"`
}

// Token is an API token of a person; the secret itself is shown once, when it is made.
type Token struct {
	ID         string     `json:"id"`
	Name       string     `json:"name" doc:"What it is for." example:"ci"`
	ReadOnly   bool       `json:"readOnly"`
	CreatedAt  time.Time  `json:"createdAt"`
	ExpiresAt  time.Time  `json:"expiresAt"`
	LastUsedAt *time.Time `json:"lastUsedAt,omitempty" doc:"To the hour or so."`
}

// ListTokensOutput is one's own tokens, newest first.
type ListTokensOutput struct {
	Body struct {
		Items []Token `json:"items"`
	}
}

// CreateTokenInput makes a token.
type CreateTokenInput struct {
	Body struct {
		Name     string `json:"name" minLength:"1" maxLength:"100" doc:"What it is for." example:"ci"`
		ReadOnly bool   `json:"readOnly,omitempty" doc:"It may only read."`
		Days     int    `json:"days,omitempty" minimum:"1" maximum:"366" default:"90" doc:"After how many days it expires."`
	}
}

// CreateTokenOutput shows a new token for the only time.
type CreateTokenOutput struct {
	Status int
	Body   struct {
		Token
		Secret string `json:"secret" doc:"Send it as: Authorization: Bearer …. It is shown only now."`
	}
}

// DeleteTokenInput revokes a token.
type DeleteTokenInput struct {
	ID string `path:"id" minLength:"1" maxLength:"64" pattern:"^[A-Za-z0-9_-]+$"`
}

// AuthMethodsOutput is how people sign in here.
type AuthMethodsOutput struct {
	Body struct {
		Local bool         `json:"local" doc:"Accounts with a password."`
		OIDC  []OIDCMethod `json:"oidc" doc:"OpenID Connect providers."`
	}
}

// OIDCMethod is one OpenID Connect provider.
type OIDCMethod struct {
	DisplayName string `json:"displayName" example:"Company login"`
	StartURL    string `json:"startUrl" doc:"Where to send the browser; add returnTo." example:"/api/v1/auth/oidc/start"`
}

// SignInInput signs in with a local account.
type SignInInput struct {
	Body struct {
		Name     string `json:"name" minLength:"1" maxLength:"128"`
		Password string `json:"password" writeOnly:"true" minLength:"1" maxLength:"256"`
	}
}

// SignInOutput carries the session.
type SignInOutput struct {
	SetCookie []http.Cookie `header:"Set-Cookie"`
	Body      Me
}

// OIDCStartInput begins a sign-in at the provider.
type OIDCStartInput struct {
	ReturnTo string `query:"returnTo" maxLength:"2000" doc:"Path in the console to come back to." example:"/tasks"`
}

// RedirectOutput sends the browser elsewhere.
type RedirectOutput struct {
	Status    int
	Location  string        `header:"Location"`
	SetCookie []http.Cookie `header:"Set-Cookie"`
}

// OIDCCallbackInput is what the provider sends back.
type OIDCCallbackInput struct {
	Code             string `query:"code" maxLength:"4096"`
	State            string `query:"state" maxLength:"4096"`
	Error            string `query:"error" maxLength:"200"`
	ErrorDescription string `query:"error_description" maxLength:"2000"`
}

// SignOutOutput takes the session away.
type SignOutOutput struct {
	SetCookie []http.Cookie `header:"Set-Cookie"`
}

// Account is a local account.
type Account struct {
	Name              string     `json:"name" example:"maria"`
	DisplayName       string     `json:"displayName"`
	Groups            []string   `json:"groups"`
	Admin             bool       `json:"admin" doc:"Platform administrator."`
	Disabled          bool       `json:"disabled" doc:"Can't sign in; sessions and tokens don't work."`
	CreatedAt         time.Time  `json:"createdAt"`
	PasswordChangedAt *time.Time `json:"passwordChangedAt,omitempty"`
}

// AccountSettings is what can be changed of an account.
type AccountSettings struct {
	DisplayName string   `json:"displayName,omitempty" maxLength:"100"`
	Groups      []string `json:"groups,omitempty" maxItems:"100"`
	Admin       bool     `json:"admin,omitempty" doc:"Platform administrator."`
	Disabled    bool     `json:"disabled,omitempty"`
	Password    string   `json:"password,omitempty" writeOnly:"true" minLength:"12" maxLength:"256" doc:"When absent: a new account gets a random one, shown once; an existing one keeps its own."`
}

// AccountPath is the path of an account.
type AccountPath struct {
	Name string `path:"name" minLength:"1" maxLength:"63" pattern:"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$" example:"maria"`
}

// ListAccountsOutput is the local accounts by name.
type ListAccountsOutput struct {
	Body struct {
		Items []Account `json:"items"`
	}
}

// CreateAccountInput makes a local account.
type CreateAccountInput struct {
	Body struct {
		Name string `json:"name" minLength:"1" maxLength:"63" pattern:"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$" doc:"Neither @ nor a colon: names from OpenID Connect have one of them, so the two never meet." example:"maria"`
		AccountSettings
	}
}

// CreateAccountOutput is the new account.
type CreateAccountOutput struct {
	Status int
	Body   struct {
		Account
		Password string `json:"password,omitempty" doc:"Random, when none was given. It is shown only now."`
	}
}

// UpdateAccountInput replaces the settings of an account.
type UpdateAccountInput struct {
	AccountPath
	Body AccountSettings
}

// AccountOutput is one account.
type AccountOutput struct {
	Body Account
}
