"""Ways to break the promises of the template, by subject as in `checks`."""

from . import people as people
from . import rights as rights
from . import serving as serving
from . import storage as storage
from . import unattended as unattended
from . import watching as watching
