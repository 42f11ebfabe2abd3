"""Everything that can go wrong between us and Asterisk.

GatewayError
├── LinkLost          ami-link-lost        the connection ended, or Asterisk stopped answering: reconnect
├── LoginRefused      ami-login-refused    user name or secret is wrong: somebody has to act
├── WrongPeer         ami-wrong-peer       what listens there is no Asterisk manager: check host and port
├── NoAnswer          ami-no-answer        an action was not answered within its deadline
├── ActionFailed      ami-action-failed    Asterisk answered an action with an error
└── HeaderRefused     ami-header-refused   a value must not be written to AMI: control character, or too long
"""

from __future__ import annotations


class GatewayError(Exception):
    """Base of the tree above."""

    error_id = "ami-error"


class LinkLost(GatewayError):
    """The connection to Asterisk ended; what was written may or may not have been read."""

    error_id = "ami-link-lost"


class LoginRefused(GatewayError):
    """Asterisk refuses user name or secret: set DISCADOR_AMI_USERNAME and DISCADOR_AMI_SECRET, or manager.conf."""

    error_id = "ami-login-refused"


class WrongPeer(GatewayError):
    """What listens at DISCADOR_AMI_HOST and _PORT does not greet like an Asterisk manager."""

    error_id = "ami-wrong-peer"


class NoAnswer(GatewayError):
    """Asterisk did not answer an action in time; it may still carry it out."""

    error_id = "ami-no-answer"


class ActionFailed(GatewayError):
    """Asterisk answered an action with an error; the text is Asterisk's."""

    error_id = "ami-action-failed"


class HeaderRefused(GatewayError):
    """A header must not be written to AMI; the text names the header, never its value."""

    error_id = "ami-header-refused"
