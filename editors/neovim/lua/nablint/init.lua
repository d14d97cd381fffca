-- nablint in Neovim: the server for Python files, and the derivation in a window.
local M = {}

M.options = {
  cmd = { 'nablint', 'server' },
  filetypes = { 'python' },
  root_markers = { 'nablint.toml', '.nablint.toml', 'pyproject.toml', '.git' },
  settings = {},
}

--- Change the options before the first Python file is opened:
--- require('nablint').setup { cmd = { '/path/to/nablint', 'server' }, settings = { select = { 'NAB2' } } }
function M.setup(options)
  M.options = vim.tbl_deep_extend('force', M.options, options or {})
  if vim.lsp.config then
    vim.lsp.config('nablint', M.config())
  end
end

--- The client's configuration.
function M.config()
  return {
    name = 'nablint',
    cmd = M.options.cmd,
    filetypes = M.options.filetypes,
    root_markers = M.options.root_markers,
    init_options = { settings = M.options.settings },
    settings = { nablint = M.options.settings },
    commands = {
      ['nablint.showDerivation'] = function(command)
        M.show(command.arguments[1])
      end,
    },
  }
end

--- Start the server for Python files from now on.
function M.enable()
  if vim.lsp.enable then
    vim.lsp.enable('nablint')
    return
  end
  vim.api.nvim_create_autocmd('FileType', {
    pattern = M.options.filetypes,
    callback = function(event)
      M.attach(event.buf)
    end,
  })
end

local clients = {}

--- Attach a buffer, for Neovim before 0.11: one client for each root.
function M.attach(buffer)
  if vim.bo[buffer].buftype ~= '' then
    return
  end
  local root = M.root(vim.api.nvim_buf_get_name(buffer))
  local id = clients[root]
  if not (id and vim.lsp.get_client_by_id(id)) then
    if vim.fn.executable(M.options.cmd[1]) == 0 then
      M.say(M.options.cmd[1] .. ' is not on PATH: run "pip install nablint", or set cmd in setup()')
      return
    end
    local config = M.config()
    config.root_dir = root
    id = vim.lsp.start_client(config)
    clients[root] = id
  end
  if id then
    vim.lsp.buf_attach_client(buffer, id)
  end
end

--- The nearest folder upward that holds a marker, else the file's own.
function M.root(file)
  local folder = vim.fn.fnamemodify(file, ':p:h')
  local at = folder
  while true do
    for _, marker in ipairs(M.options.root_markers) do
      if vim.loop.fs_stat(at .. '/' .. marker) then
        return at
      end
    end
    local parent = vim.fn.fnamemodify(at, ':h')
    if parent == at then
      return folder
    end
    at = parent
  end
end

local function running()
  local get = vim.lsp.get_clients or vim.lsp.get_active_clients
  return vim.tbl_filter(function(client)
    return client.name == 'nablint'
  end, get())
end

local function stop(client, force)
  if vim.fn.has('nvim-0.11') == 1 then
    client:stop(force)
  else
    client.stop(force)
  end
end

--- Stop the server and start it again for the open files; one that does not leave within `grace` ms is killed.
function M.restart(grace)
  for _, client in ipairs(running()) do
    stop(client, false)
  end
  clients = {}
  local function again(left)
    local still = running()
    if #still > 0 and left > 0 then
      vim.defer_fn(function() again(left - 50) end, 50)
      return
    end
    for _, client in ipairs(still) do
      stop(client, true)
    end
    for _, buffer in ipairs(vim.api.nvim_list_bufs()) do
      if vim.api.nvim_buf_is_loaded(buffer) and vim.tbl_contains(M.options.filetypes, vim.bo[buffer].filetype) then
        vim.api.nvim_exec_autocmds('FileType', { buffer = buffer })
      end
    end
  end
  again(grace or 3000)
end

--- The derivation of the gradient under the cursor.
function M.derive()
  local client = running()[1]
  if not client then
    M.say('the server is not running; open a Python file, then see :LspInfo or :checkhealth')
    return
  end
  local position = vim.lsp.util.make_position_params(0, client.offset_encoding)
  M.show({
    uri = position.textDocument.uri,
    line = position.position.line,
    character = position.position.character,
  })
end

--- Ask for the derivation at a place and show it in a window below.
function M.show(where)
  local params = { command = 'nablint.derivation', arguments = { where } }
  vim.lsp.buf_request(0, 'workspace/executeCommand', params, function(failed, found)
    if failed then
      M.say(failed.message)
    elseif not found or found == vim.NIL then
      M.say('no derivation here; put the cursor on a gradient')
    else
      M.open(found.title, vim.split(found.markdown, '\n', { plain = true }))
    end
  end)
end

function M.open(title, lines)
  local name = 'nablint://' .. title
  local buffer = vim.fn.bufnr('^' .. vim.fn.escape(name, '[]*?{}\\') .. '$')
  if buffer < 0 then
    buffer = vim.api.nvim_create_buf(false, true)
    vim.api.nvim_buf_set_name(buffer, name)
  end
  vim.bo[buffer].modifiable = true
  vim.api.nvim_buf_set_lines(buffer, 0, -1, false, lines)
  vim.bo[buffer].modifiable = false
  vim.bo[buffer].filetype = 'markdown'
  if vim.fn.bufwinid(buffer) < 0 then
    local from = vim.api.nvim_get_current_win()
    vim.cmd('botright ' .. math.min(#lines + 1, 15) .. 'split')
    vim.api.nvim_win_set_buf(0, buffer)
    vim.api.nvim_set_current_win(from)
  end
end

--- Have every file of the workspace checked.
function M.check()
  local params = { command = 'nablint.checkWorkspace', arguments = {} }
  vim.lsp.buf_request(0, 'workspace/executeCommand', params, function(failed, count)
    M.say(failed and failed.message or (count .. ' findings in the workspace'))
  end)
end

function M.say(message)
  vim.notify('nablint: ' .. message, vim.log.levels.WARN)
end

-- Before 0.11 a client's own commands are read from here.
if vim.lsp.commands then
  vim.lsp.commands['nablint.showDerivation'] = function(command)
    M.show(command.arguments[1])
  end
end

return M
