# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the machine is made of and Debian has: a kernel with its modules, the sample drivers of mediated devices built for it, and a
QEMU that emulates an SR-IOV network card. All is downloaded into a cache and unpacked there, nothing is installed.

The cache is $LIBVIRT_KERNEL_CACHE, else the folder "kernel" of the build. Whoever cannot reach the archive finds out by an exception."""
import glob
import os
import re
import shutil
import subprocess

SAMPLES = ('mtty', 'mdpy')
NEW_QEMU = 8            # the first with igb
KEYS = '/usr/share/keyrings/debian-archive-keyring.gpg'


def run(*argv, **more):
    r = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True, check=False, **more)
    if r.returncode:
        raise RuntimeError(f'{" ".join(argv)} ended with {r.returncode}:\n{r.stdout[-2000:]}')
    return r.stdout


class Apt:
    """apt-get with the host's sources and the backports of its release, in folders of its own: the host's lists stay as they are."""
    def __init__(self, folder):
        self.folder = folder
        parts = os.path.join(folder, 'parts')
        for name in ('lists/partial', 'cache/archives/partial'):
            os.makedirs(os.path.join(folder, name), exist_ok=True)
        shutil.rmtree(parts, ignore_errors=True)
        shutil.copytree('/etc/apt/sources.list.d', parts)
        if os.path.exists('/etc/apt/sources.list'):
            shutil.copy('/etc/apt/sources.list', os.path.join(parts, 'host.list'))
        self.options = ['-q', '-o', 'Dir::Etc::SourceList=/dev/null', '-o', f'Dir::Etc::SourceParts={parts}', '-o',
                        f'Dir::State::Lists={folder}/lists', '-o', f'Dir::Cache={folder}/cache', '-o', 'APT::Sandbox::User=root',
                        '-o', 'Acquire::Retries=3', '-o', 'Acquire::Languages=none', '-o', 'APT::Update::Error-Mode=any']
        with open('/etc/os-release', encoding='ascii', errors='replace') as f:
            release = re.search(r'^VERSION_CODENAME=(\w+)', f.read(), re.M).group(1)
        self.backports = f'{release}-backports'
        run('apt-get', *self.options, 'update')
        targets = run('apt-get', *self.options, 'indextargets', '--format', '$(CODENAME) $(REPO_URI)', 'Created-By: Packages')
        if not re.search(rf'^{self.backports} ', targets, re.M):
            uri = re.search(rf'^{release} (\S+)$', targets, re.M).group(1)
            with open(os.path.join(parts, 'backports.list'), 'w', encoding='ascii') as f:
                f.write(f'deb {f"[signed-by={KEYS}] " if os.path.exists(KEYS) else ""}{uri} {self.backports} main\n')
            run('apt-get', *self.options, 'update')

    def depends(self, package, pattern):
        found = re.search(r'Depends: (' + pattern + ')', run('apt-cache', *self.options, 'depends', package))
        if not found:
            raise RuntimeError(f'apt knows no {pattern} that {package} depends on')
        return found.group(1)

    def unpack(self, packages, to, release=None):
        """Each into the same folder."""
        debs = os.path.join(self.folder, 'debs')
        os.makedirs(debs, exist_ok=True)
        run('apt-get', *self.options, *(['-t', release] if release else []), 'download', *packages, cwd=debs)
        for deb in glob.glob(os.path.join(debs, '*.deb')):
            run('dpkg-deb', '-x', deb, to)
        shutil.rmtree(debs)


def once(path, make):
    """make(folder) fills a folder that appears under its name when it is complete."""
    if not os.path.isdir(path):
        new = path + '.new'
        shutil.rmtree(new, ignore_errors=True)
        os.makedirs(new)
        make(new)
        os.rename(new, path)
    return path


def build_samples(apt, version, folder):
    """The kernel's sample drivers. The headers' only absolute path is that of their common part."""
    short = version.rsplit('-', 1)[0]
    series = '.'.join(version.split('.')[:2])
    tree = os.path.join(folder, 'tree')
    apt.unpack([f'linux-headers-{version}', f'linux-headers-{short}-common', f'linux-kbuild-{series}', f'linux-source-{series}'], tree)
    source = os.path.join(tree, 'usr/src')
    headers = os.path.join(source, f'linux-headers-{version}')
    makefile = os.path.join(headers, 'Makefile')
    with open(makefile, encoding='ascii') as f:
        text = f.read()
    with open(makefile, 'w', encoding='ascii') as f:
        f.write(text.replace('/usr/src/', source + '/'))
    run('tar', '-C', folder, '--strip-components=3', '-xf', os.path.join(source, f'linux-source-{series}.tar.xz'),
        *(f'linux-source-{series}/samples/vfio-mdev/{name}' for name in ('mtty.c', 'mdpy.c', 'mdpy-defs.h')))
    with open(os.path.join(folder, 'Makefile'), 'w', encoding='ascii') as f:
        f.write('obj-m := ' + ' '.join(f'{name}.o' for name in SAMPLES) + '\n')
    run('make', '-C', headers, f'M={folder}', 'modules')
    shutil.rmtree(tree)


def qemu(apt, cache):
    """The program and what it needs in its environment: the installed one where it is new enough."""
    found = re.search(r'version (\d+)', run('qemu-system-x86_64', '--version'))
    if int(found.group(1)) >= NEW_QEMU:
        return ['qemu-system-x86_64'], {}
    top = once(os.path.join(cache, 'qemu'), lambda d: apt().unpack(['qemu-system-x86', 'qemu-system-common', 'qemu-system-data', 'seabios'],
                                                                 d, apt().backports))
    modules = glob.glob(os.path.join(top, 'usr/lib/*/qemu'))
    return ([f'{top}/usr/bin/qemu-system-x86_64', '-L', f'{top}/usr/share/qemu', '-L', f'{top}/usr/share/seabios', '-L', '/usr/lib/ipxe/qemu'],
            {'QEMU_MODULE_DIR': modules[0]} if modules else {})


class Parts:
    """kernel: the image; version; modules: folder of its modules; samples: folder of mtty.ko and mdpy.ko; qemu, env: how to start it."""
    def __init__(self, cache):
        self.cache = cache
        os.makedirs(cache, exist_ok=True)
        self._apt = None
        tree = once(os.path.join(cache, 'linux'), self._linux)
        self.version = os.listdir(os.path.join(tree, 'lib/modules'))[0]
        self.kernel = os.path.join(tree, 'boot', f'vmlinuz-{self.version}')
        self.modules = os.path.join(tree, 'lib/modules', self.version)
        self.samples = once(os.path.join(cache, f'samples-{self.version}'), lambda d: build_samples(self.apt(), self.version, d))
        self.qemu, self.env = qemu(self.apt, cache)

    def apt(self):
        if not self._apt:
            self._apt = Apt(os.path.join(self.cache, 'apt'))
        return self._apt

    def _linux(self, folder):
        self.apt().unpack([self.apt().depends('linux-image-amd64', r'linux-image-\S+')], folder)
        for version in os.listdir(os.path.join(folder, 'lib/modules')):
            run('depmod', '-b', folder, version)
